#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// How a line is cut into columns.
struct DelimitedFormat {
  char delimiter = ',';
  bool quoting = true;  ///< RFC 4180: "a, ""b""<newline>c"; otherwise quotes are ordinary characters
};
inline constexpr DelimitedFormat kCsv = {',', true};
inline constexpr DelimitedFormat kTsv = {'\t', false};

/// Reads records from text in memory, which must outlive the reader. Lines end in LF or CR LF, or
/// in CR: where there is quoting (a CR that is text stands in quotes), or where the text has no LF. Empty
/// lines are passed over; a byte-order mark is skipped; bytes that are not UTF-8 are kept as they are.
class RecordReader {
 public:
  /// `origin` is the file name for messages.
  RecordReader(std::string_view text, DelimitedFormat format, std::string origin);

  /// The next record's columns, or false at the end. Throws FormatError naming the line for a quote that is
  /// never closed (the line where it opened), or for text between a closing quote and the next delimiter.
  bool next(std::vector<std::string>& fields);
  /// The line, counted from 1, on which the last record began.
  std::size_t line() const { return record_line_; }
  const std::string& origin() const { return origin_; }

 private:
  bool at_line_end() const;
  void step_over_line_end();
  void read_plain(std::string& field);
  void read_quoted(std::string& field, std::size_t column);
  /// Steps over what ends a field; true when another field of the record follows.
  bool step_over_end();

  std::string_view text_;
  DelimitedFormat format_;
  std::string origin_;
  char line_end_;           ///< of most lines
  std::string field_ends_;  ///< the delimiter and all that ends lines
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 0;
};

/// The names of a table's columns.
class Columns {
 public:
  /// `line` is where the header stands, for messages; 0 when the file has no header and the names are ours.
  Columns(std::vector<std::string> names, std::string origin, std::size_t line);

  /// Throws FormatError when the header has the name twice.
  std::optional<std::size_t> find(const std::string& name) const;
  /// Throws FormatError that lists the columns found.
  std::size_t require(const std::string& name) const;
  std::size_t size() const { return names_.size(); }
  /// Throws FormatError unless a record that began on `line` has one field per column.
  void check_count(std::size_t fields, std::size_t line) const;

 private:
  std::vector<std::string> names_;
  std::string origin_;
  std::size_t line_;
};

}  // namespace transkimmer
