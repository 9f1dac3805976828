#include "datasets/formats/json_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/line_reader.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// What a person would call the value, with its article.
std::string_view kind_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "an object";
    case json::value_t::array:
      return "an array";
    case json::value_t::string:
      return "a string";
    case json::value_t::boolean:
      return "a boolean";
    case json::value_t::number_float:
      return "a number with a fraction";
    default:
      return "an integer";
  }
}

/// The parser's reason without its error number and without the text it had read, which can be a whole
/// document.
std::string reason(const json::parse_error& error) {
  const std::string_view what = error.what();
  std::size_t begin = what.find("syntax error");
  if (begin == std::string_view::npos) begin = std::min(what.find("] "), what.size() - 2) + 2;
  std::string_view shortened = what.substr(begin);
  if (const auto dash = shortened.find(" - "); dash != std::string_view::npos)
    shortened.remove_prefix(dash + 3);
  return std::string(shortened.substr(0, shortened.find("; last read")));
}

/// What stands for no label in test splits.
constexpr double kAbsentLabel = -1;

}  // namespace

JsonLineReader::JsonLineReader(std::string_view text, std::string origin, std::size_t lines_before)
    : rest_(readable_text(text, origin)),
      line_end_(line_end_of(rest_)),
      origin_(std::move(origin)),
      line_(lines_before) {}

bool JsonLineReader::next(json& object) {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find(line_end_), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (is_blank(line)) continue;
    try {
      object = json::parse(line.begin(), line.end());
    } catch (const json::parse_error& error) {
      if (line.front() == '[')  // a whole file in one array, spread over lines
        throw FormatError(
            fmt::format("{}found an array, expected one JSON object per line", at_line(origin_, line_)));
      throw FormatError(
          fmt::format("{}invalid JSON at byte {}: {}", at_line(origin_, line_), error.byte, reason(error)));
    } catch (const json::out_of_range&) {
      throw FormatError(fmt::format("{}invalid JSON: a number is out of range", at_line(origin_, line_)));
    }
    if (object.is_object()) return true;
    throw FormatError(fmt::format("{}found {}, expected one JSON object per line", at_line(origin_, line_),
                                  kind_of(object)));
  }
  return false;
}

const json& JsonLineReader::value_at(const json& object, const std::string& key) const {
  if (const auto found = object.find(key); found != object.end()) return *found;
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  throw FormatError(fmt::format("{}no key {}; keys found: {}", at_line(origin_, line_), in_quotes(key),
                                keys.empty() ? "none" : list_in_quotes(keys)));
}

std::string JsonLineReader::string_at(const json& object, const std::string& key) const {
  const json& value = value_at(object, key);
  if (value.is_string()) return value.get<std::string>();
  throw FormatError(
      fmt::format("{}{} is {}, expected a string", at_line(origin_, line_), in_quotes(key), kind_of(value)));
}

std::string JsonLineReader::label_at(const json& object, const std::string& key) const {
  const json& value = value_at(object, key);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_number() && value.get<double>() == kAbsentLabel)
    return "-1";  // as pandas writes it beside gaps
  throw FormatError(fmt::format("{}{} is {}, expected a string or an integer", at_line(origin_, line_),
                                in_quotes(key), kind_of(value)));
}

std::string JsonLineReader::score_at(const json& object, const std::string& key) const {
  const json& value = value_at(object, key);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();  // as a table has it, which says what is no number
  if (value.is_number() && std::isfinite(value.get<double>())) return exact_text(value.get<double>());
  throw FormatError(
      fmt::format("{}{} is {}, expected a number", at_line(origin_, line_), in_quotes(key), kind_of(value)));
}

}  // namespace transkimmer
