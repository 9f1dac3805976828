#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "text/tokenizer.h"

namespace transkimmer {

/// A text of an embedder, or the token ids that it is taken for.
using TextOrIds = std::variant<std::string, std::vector<std::int32_t>>;

/// One text, or two that are read together.
struct TextOrPair {
  std::string text;
  std::optional<std::string> pair = {};
};

/// A list of things, and whether the request had it as a list.
template <typename T>
struct Several {
  std::vector<T> items;
  bool listed = false;
};

/// The fields of a request's JSON object. What is wrong with one is a RequestError that names it
/// (Fault::validation). A field that is null counts as absent; fields that nobody asks for are passed over.
class RequestFields {
 public:
  /// Throws RequestError (Fault::syntax) for what is no JSON, has a key twice or is nested more than 64 deep,
  /// and Fault::validation for what is no object.
  static RequestFields parse(std::string_view body);
  explicit RequestFields(nlohmann::json object) : object_(std::move(object)) {}

  bool boolean(const char* key, bool absent) const;
  std::optional<std::string> string(const char* key) const;
  std::string required_string(const char* key) const;
  std::optional<double> number(const char* key) const;
  std::optional<std::int64_t> integer(const char* key, std::int64_t least, std::int64_t most) const;
  /// One of `words`, or the first of them.
  std::string word(const char* key, const std::vector<std::string>& words) const;
  /// The fields of an object; empty where it is absent.
  RequestFields object(const char* key) const;
  RequestFields required_object(const char* key) const;

  /// A text or a list of them.
  Several<std::string> texts(const char* key) const;
  /// A list of texts.
  std::vector<std::string> list_of_texts(const char* key) const;
  /// A list of texts, or of objects that have one as "text".
  std::vector<std::string> documents(const char* key) const;
  /// A text, the ids of one, or a list of either.
  std::vector<TextOrIds> texts_or_ids(const char* key) const;
  /// The ids of one text, or of several.
  std::vector<std::vector<std::int32_t>> lists_of_ids(const char* key) const;
  /// "a", ["a", "b"] for one pair, or [["a"], ["a", "b"], ...] for several.
  Several<TextOrPair> texts_or_pairs(const char* key) const;
  /// truncation_direction; nothing where it is absent.
  std::optional<TruncationSide> truncation_direction() const;

 private:
  const nlohmann::json* find(const char* key) const;
  const nlohmann::json& required(const char* key, std::string_view expected) const;
  [[noreturn]] void fail(std::string_view key, const nlohmann::json& found, std::string_view expected) const;
  [[noreturn]] static void fail_missing(std::string_view key, std::string_view expected);
  std::vector<std::int32_t> ids(std::string_view key, const nlohmann::json& list) const;
  std::vector<std::string> strings(std::string_view key, const nlohmann::json& list,
                                   std::string_view expected) const;
  TextOrPair text_or_pair(std::string_view key, const nlohmann::json& list) const;

  nlohmann::json object_;
  std::string prefix_;  ///< of names in messages: "parameters."
};

}  // namespace transkimmer
