#include "datasets/labels.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/location.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool is_integer(const std::string& text) {
  return parse_integer(text).has_value();
}

}  // namespace

LabelSet::LabelSet(std::vector<std::string> names)
    : names_(std::move(names)), indices_allowed_(std::none_of(names_.begin(), names_.end(), is_integer)) {
  for (std::size_t i = 0; i < names_.size(); ++i) index_by_name_.emplace(names_[i], i);
}

std::optional<std::size_t> LabelSet::find(std::string_view spelling) const {
  if (const auto found = index_by_name_.find(spelling); found != index_by_name_.end()) return found->second;
  if (!indices_allowed_) return std::nullopt;
  const auto number = parse_integer(spelling);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) >= names_.size()) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

double LabelSet::index(std::string_view spelling, const std::string& where) const {
  if (const auto found = find(spelling)) return static_cast<double>(*found);
  std::string valid;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (i > 0) valid += ", ";
    valid += indices_allowed_ ? fmt::format("{} ({})", names_[i], i) : names_[i];
  }
  throw FormatError(fmt::format("{}label {} is none of {}", where, in_quotes(spelling), valid));
}

void SpelledLabels::check_text(const std::string& origin) const {
  for (std::size_t i = 0; i < spellings.size(); ++i)
    if (!is_valid_utf8(spellings[i]))
      throw FormatError(fmt::format("{}the label {} is not valid UTF-8", at_line(origin, lines[i]),
                                    in_quotes(spellings[i])));
}

void SpelledLabels::add(std::string spelling, std::size_t line) {
  spellings.push_back(std::move(spelling));
  lines.push_back(line);
}

bool SpelledLabels::all_absent() const {
  return !spellings.empty() &&
         std::all_of(spellings.begin(), spellings.end(), [](const std::string& spelling) {
           return spelling.empty() || spelling == "-1" || spelling == "-1.0";
         });
}

void give_classes(const SpelledLabels& labels, const LabelSet& classes, Dataset& dataset) {
  if (labels.all_absent() && !classes.find(labels.spellings.front())) {
    dataset.labelled = false;
    return;
  }
  for (std::size_t i = 0; i < labels.spellings.size(); ++i)
    dataset.examples[i].label = classes.index(labels.spellings[i], at_line(dataset.origin, labels.lines[i]));
}

void give_scores(const SpelledLabels& labels,
                 const std::function<double(const std::string& spelling, const std::string& where)>& read,
                 Dataset& dataset) {
  if (labels.all_absent()) {
    dataset.labelled = false;
    return;
  }
  for (std::size_t i = 0; i < labels.spellings.size(); ++i)
    dataset.examples[i].label = read(labels.spellings[i], at_line(dataset.origin, labels.lines[i]));
}

std::vector<std::string> collect_labels(std::vector<std::string> spellings) {
  std::sort(spellings.begin(), spellings.end());
  spellings.erase(std::unique(spellings.begin(), spellings.end()), spellings.end());
  if (std::all_of(spellings.begin(), spellings.end(), is_integer)) {
    std::stable_sort(spellings.begin(), spellings.end(), [](const std::string& a, const std::string& b) {
      return parse_integer(a).value() < parse_integer(b).value();
    });
  }
  return spellings;
}

}  // namespace transkimmer
