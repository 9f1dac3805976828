#include "server/requests/request_fields.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model_files/json/json.h"
#include "server/requests/request_error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// Whether it is a list of numbers, and not an empty one.
bool is_list_of_numbers(const json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const json& each) { return each.is_number(); });
}

std::string place_in(std::string_view key, std::size_t index) {
  return fmt::format("{}[{}]", key, index);
}

}  // namespace

RequestFields RequestFields::parse(std::string_view body) {
  json value;
  try {
    value = parse_json(body, "body");
  } catch (const FormatError& error) {
    throw RequestError(Fault::syntax, error.what());
  }
  if (!value.is_object())
    throw RequestError(Fault::validation, fmt::format("the body is {}, expected an object", shown(value)));
  return RequestFields(std::move(value));
}

const json* RequestFields::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void RequestFields::fail(std::string_view key, const json& found, std::string_view expected) const {
  throw RequestError(Fault::validation,
                     fmt::format("`{}{}` is {}, expected {}", prefix_, key, shown(found), expected));
}

void RequestFields::fail_missing(std::string_view key, std::string_view expected) {
  throw RequestError(Fault::validation, fmt::format("`{}` is missing, expected {}", key, expected));
}

const json& RequestFields::required(const char* key, std::string_view expected) const {
  const json* const value = find(key);
  if (value == nullptr) fail_missing(prefix_ + key, expected);
  return *value;
}

bool RequestFields::boolean(const char* key, bool absent) const {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_boolean()) fail(key, *value, "true or false");
  return value->get<bool>();
}

std::optional<std::string> RequestFields::string(const char* key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) fail(key, *value, "a string");
  return value->get<std::string>();
}

std::string RequestFields::required_string(const char* key) const {
  required(key, "a string");
  return *string(key);
}

std::optional<double> RequestFields::number(const char* key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  // 1e999 is read as infinity.
  if (!value->is_number() || !std::isfinite(value->get<double>())) fail(key, *value, "a number");
  return value->get<double>();
}

std::optional<std::int64_t> RequestFields::integer(const char* key, std::int64_t least,
                                                   std::int64_t most) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto expected = [&] { return fmt::format("an integer from {} to {}", least, most); };
  if (!value->is_number_integer()) fail(key, *value, expected());
  const bool too_large =
      value->is_number_unsigned() &&
      value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (too_large || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most)
    fail(key, *value, expected());
  return value->get<std::int64_t>();
}

std::string RequestFields::word(const char* key, const std::vector<std::string>& words) const {
  const json* const value = find(key);
  if (value == nullptr) return words.front();
  if (value->is_string() && std::ranges::find(words, value->get<std::string>()) != words.end())
    return value->get<std::string>();
  fail(key, *value, fmt::format("one of {}", fmt::join(words, ", ")));
}

RequestFields RequestFields::object(const char* key) const {
  const json* const value = find(key);
  if (value != nullptr && !value->is_object()) fail(key, *value, "an object");
  RequestFields fields(value == nullptr ? json::object() : *value);
  fields.prefix_ = fmt::format("{}{}.", prefix_, key);
  return fields;
}

RequestFields RequestFields::required_object(const char* key) const {
  required(key, "an object");
  return object(key);
}

std::vector<std::string> RequestFields::strings(std::string_view key, const json& list,
                                                std::string_view expected) const {
  if (!list.is_array()) fail(key, list, expected);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) fail(place_in(key, i), list[i], "a string");
    texts.push_back(list[i].get<std::string>());
  }
  return texts;
}

Several<std::string> RequestFields::texts(const char* key) const {
  constexpr std::string_view kExpected = "a string or a list of strings";
  const json& value = required(key, kExpected);
  if (value.is_string()) return {{value.get<std::string>()}, false};
  return {strings(key, value, kExpected), true};
}

std::vector<std::string> RequestFields::list_of_texts(const char* key) const {
  constexpr std::string_view kExpected = "a list of strings";
  return strings(key, required(key, kExpected), kExpected);
}

std::vector<std::string> RequestFields::documents(const char* key) const {
  constexpr std::string_view kExpected = "a list of strings, or of objects with \"text\"";
  const json& list = required(key, kExpected);
  if (!list.is_array()) fail(key, list, kExpected);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json* text = &list[i];
    if (text->is_object() && text->contains("text")) text = &text->at("text");
    if (!text->is_string()) fail(place_in(key, i), *text, "a string, or an object with \"text\"");
    texts.push_back(text->get<std::string>());
  }
  return texts;
}

std::vector<std::int32_t> RequestFields::ids(std::string_view key, const json& list) const {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json& id = list[i];
    if (!id.is_number_integer() || id < 0 || id > std::numeric_limits<std::int32_t>::max())
      fail(place_in(key, i), id, "a token id");
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

std::vector<TextOrIds> RequestFields::texts_or_ids(const char* key) const {
  constexpr std::string_view kExpected = "a string, a list of token ids, or a list of these";
  const json& value = required(key, kExpected);
  if (value.is_string()) return {value.get<std::string>()};
  if (is_list_of_numbers(value)) return {ids(key, value)};
  if (!value.is_array()) fail(key, value, kExpected);
  std::vector<TextOrIds> inputs;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const json& each = value[i];
    if (each.is_string()) {
      inputs.emplace_back(each.get<std::string>());
    } else if (each.is_array()) {
      inputs.emplace_back(ids(place_in(key, i), each));
    } else {
      fail(place_in(key, i), each, "a string or a list of token ids");
    }
  }
  return inputs;
}

std::vector<std::vector<std::int32_t>> RequestFields::lists_of_ids(const char* key) const {
  constexpr std::string_view kExpected = "a list of token ids, or a list of such lists";
  const json& value = required(key, kExpected);
  if (!value.is_array()) fail(key, value, kExpected);
  if (is_list_of_numbers(value)) return {ids(key, value)};
  std::vector<std::vector<std::int32_t>> lists;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_array()) fail(place_in(key, i), value[i], "a list of token ids");
    lists.push_back(ids(place_in(key, i), value[i]));
  }
  return lists;
}

TextOrPair RequestFields::text_or_pair(std::string_view key, const json& list) const {
  constexpr std::string_view kExpected = "a list of one string or two";
  std::vector<std::string> texts = strings(key, list, kExpected);
  if (texts.empty() || texts.size() > 2) fail(key, list, kExpected);
  TextOrPair input{.text = std::move(texts[0])};
  if (texts.size() == 2) input.pair = std::move(texts[1]);
  return input;
}

Several<TextOrPair> RequestFields::texts_or_pairs(const char* key) const {
  constexpr std::string_view kExpected =
      "a string, a pair of strings, or a list of lists of one string or two";
  const json& value = required(key, kExpected);
  if (value.is_string()) return {{{.text = value.get<std::string>()}}, false};
  if (!value.is_array()) fail(key, value, kExpected);
  if (value.empty()) return {{}, true};
  if (!value.front().is_array()) return {{text_or_pair(key, value)}, false};
  Several<TextOrPair> inputs{{}, true};
  for (std::size_t i = 0; i < value.size(); ++i)
    inputs.items.push_back(text_or_pair(place_in(key, i), value[i]));
  return inputs;
}

std::optional<TruncationSide> RequestFields::truncation_direction() const {
  if (find("truncation_direction") == nullptr) return std::nullopt;
  const std::string side = word("truncation_direction", {"right", "left", "Right", "Left"});
  return side == "left" || side == "Left" ? TruncationSide::left : TruncationSide::right;
}

}  // namespace transkimmer
