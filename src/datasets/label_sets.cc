#include "datasets/label_sets.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/location.h"
#include "datasets/labels.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

[[noreturn]] void fail(const std::string& origin, std::size_t line, const std::string& message) {
  throw FormatError(at_line(origin, line) + message);
}

void set_marks(Example& example, std::vector<std::uint8_t> marks) {
  example.label = std::accumulate(marks.begin(), marks.end(), 0.0);
  example.marks = std::move(marks);
}

}  // namespace

void SpelledSets::add_names(std::vector<std::string> names, std::size_t line) {
  rows_.push_back({.names = std::move(names), .marks = {}, .line = line});
}

void SpelledSets::add_marks(std::vector<std::uint8_t> marks, std::size_t line) {
  rows_.push_back({.names = {}, .marks = std::move(marks), .line = line});
}

void SpelledSets::add_absent(std::size_t line) {
  rows_.push_back({.names = {}, .marks = {}, .absent = true, .line = line});
}

/// Of a file whose labels nobody else names.
std::vector<std::string> SpelledSets::labels_of_rows(const Dataset& dataset) const {
  std::vector<std::string> spellings;
  for (const Row& row : rows_) spellings.insert(spellings.end(), row.names.begin(), row.names.end());
  if (!spellings.empty()) return collect_labels(std::move(spellings));
  std::vector<std::string> labels;
  const auto marked = std::ranges::find_if(rows_, [](const Row& row) { return !row.marks.empty(); });
  if (marked == rows_.end())
    throw FormatError(
        fmt::format("{}: every set of labels is empty, there is nothing to learn", dataset.origin));
  for (std::size_t i = 0; i < marked->marks.size(); ++i) labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

void SpelledSets::give(const std::vector<std::string>& known, Dataset& dataset) const {
  dataset.labelled = !std::ranges::all_of(rows_, &Row::absent);
  dataset.labels = known.empty() && dataset.labelled ? labels_of_rows(dataset) : known;
  if (!dataset.labelled) return;
  const LabelSet labels(dataset.labels);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (row.absent)
      fail(dataset.origin, row.line, "has no set of labels, but others have; an empty one is []");
    std::vector<std::uint8_t> marks = row.marks;
    if (!marks.empty() && marks.size() != dataset.labels.size())
      fail(dataset.origin, row.line,
           fmt::format("has {} zeros and ones, expected one for each label: {}", marks.size(),
                       names_in_quotes(dataset.labels)));
    marks.resize(dataset.labels.size(), 0);
    for (const std::string& name : row.names) {
      if (!is_valid_utf8(name))
        fail(dataset.origin, row.line, fmt::format("the label {} is not valid UTF-8", in_quotes(name)));
      std::uint8_t& mark =
          marks[static_cast<std::size_t>(labels.index(name, at_line(dataset.origin, row.line)))];
      if (mark != 0)
        fail(dataset.origin, row.line,
             fmt::format("has the label {} twice; zeros and ones for all labels are written 0.0 and 1.0",
                         in_quotes(name)));
      mark = 1;
    }
    set_marks(dataset.examples[i], std::move(marks));
  }
}

std::vector<std::string> split_labels(std::string_view field) {
  std::vector<std::string> labels;
  if (trimmed(field).empty()) return labels;
  for (std::size_t begin = 0; begin <= field.size();) {
    const std::size_t end = std::min(field.find(',', begin), field.size());
    labels.emplace_back(trimmed(field.substr(begin, end - begin)));
    begin = end + 1;
  }
  return labels;
}

std::optional<bool> parse_mark(std::string_view field) {
  const std::string_view word = trimmed(field);
  if (word == "true" || word == "True" || word == "TRUE") return true;
  if (word == "false" || word == "False" || word == "FALSE") return false;
  const std::optional<double> number = parse_real(word);
  if (number == 0.0 || number == 1.0) return *number == 1.0;
  return std::nullopt;
}

void add_json_set(const JsonLineReader& reader, const json& object, const std::string& key,
                  SpelledSets& sets) {
  const json& value = reader.value_at(object, key);
  if (value.is_null()) return sets.add_absent(reader.line());
  if (value.is_string()) return sets.add_names({value.get<std::string>()}, reader.line());
  const auto wrong = [&](const json& found) {
    fail(reader.origin(), reader.line(),
         fmt::format("{} has {}, expected an array of label names, or of 1.0 and 0.0 for each label",
                     in_quotes(key), shortened(found.dump())));
  };
  if (!value.is_array()) wrong(value);
  if (!value.empty() && std::ranges::all_of(value, [](const json& each) { return each.is_number_float(); })) {
    std::vector<std::uint8_t> marks;
    for (const json& each : value) {
      if (each != 0.0 && each != 1.0) wrong(each);
      marks.push_back(each == 1.0 ? 1 : 0);
    }
    return sets.add_marks(std::move(marks), reader.line());
  }
  std::vector<std::string> names;
  for (const json& each : value) {
    if (!each.is_string() && !each.is_number_integer()) wrong(each);
    names.push_back(each.is_string() ? each.get<std::string>() : each.dump());
  }
  sets.add_names(std::move(names), reader.line());
}

void add_json_marks(const JsonLineReader& reader, const json& object, const std::vector<std::string>& keys,
                    SpelledSets& sets) {
  std::vector<std::string> labels;
  for (const std::string& key : keys) {
    const json& value = reader.value_at(object, key);
    const std::optional<bool> mark =
        value.is_string() ? parse_mark(value.get<std::string>()) : parse_mark(value.dump());
    if (!mark)
      fail(reader.origin(), reader.line(),
           fmt::format("{} is {}, expected 1 or 0", in_quotes(key), shortened(value.dump())));
    if (*mark) labels.push_back(key);
  }
  sets.add_names(std::move(labels), reader.line());
}

}  // namespace transkimmer
