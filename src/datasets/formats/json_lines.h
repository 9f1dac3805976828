#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace transkimmer {

/// Reads one JSON object per line from text in memory, which must outlive the reader. Lines end as
/// line_end_of says; those of white space are passed over; a byte-order mark is skipped. JSON is UTF-8 by
/// definition, so other bytes are an error here.
class JsonLineReader {
 public:
  /// `lines_before` is for text cut out of a larger file, so that messages name the line of the file.
  JsonLineReader(std::string_view text, std::string origin, std::size_t lines_before = 0);

  /// The next object, or false at the end. Throws FormatError naming the line, with the parser's reason.
  bool next(nlohmann::json& object);
  std::size_t line() const { return line_; }
  const std::string& origin() const { return origin_; }

  /// The string under `key` of an object that `next` gave. Throws FormatError: missing (lists the keys), or
  /// no string.
  std::string string_at(const nlohmann::json& object, const std::string& key) const;
  /// The string or integer under `key`, spelled as text; "" of null. Throws FormatError.
  std::string label_at(const nlohmann::json& object, const std::string& key) const;
  /// The number under `key`, so spelled that parse_real gives it back; "" of null. Throws FormatError.
  std::string score_at(const nlohmann::json& object, const std::string& key) const;
  /// What stands under `key`, of any kind. Throws FormatError that lists the keys where there is nothing.
  const nlohmann::json& value_at(const nlohmann::json& object, const std::string& key) const;

 private:
  std::string_view rest_;
  char line_end_;
  std::string origin_;
  std::size_t line_;
};

}  // namespace transkimmer
