#include "datasets/stratified.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "datasets/sample.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Examples by what stratification keeps the proportions of: the class, or the first label of a set; numbers
/// are all of one kind.
std::map<double, std::vector<std::size_t>> by_label(const Dataset& dataset) {
  std::map<double, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < dataset.examples.size(); ++i) {
    const Example& example = dataset.examples[i];
    double label = dataset.labels.empty() ? 0 : example.label;
    if (!example.marks.empty())
      label = static_cast<double>(std::ranges::find(example.marks, 1) - example.marks.begin());
    groups[label].push_back(i);
  }
  return groups;
}

/// One text of both, of which neither can be part of the other's end.
std::string key_of(const Example& example) {
  return example.text_pair ? fmt::format("{}:{}{}", example.text.size(), example.text, *example.text_pair)
                           : example.text;
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

}  // namespace

Dataset take_share(Dataset& dataset, double share, std::uint64_t seed) {
  std::vector<bool> taken(dataset.examples.size(), false);
  std::size_t count = 0;
  for (auto& [label, members] : by_label(dataset)) {
    const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(members.size())));
    const std::size_t most = members.size() - 1;  // something is left to learn from
    // A sample's count of 0 is none, and not all.
    for (const std::size_t i : take_sample(members, std::min(wanted, most), seed)) {
      taken[i] = true;
      ++count;
    }
  }
  if (count == 0 || count == dataset.examples.size())
    throw UsageError(fmt::format("{}: {} examples are too few to set some apart for validation",
                                 dataset.origin, dataset.examples.size()));
  Dataset apart = {
      .examples = {}, .labels = dataset.labels, .labelled = dataset.labelled, .origin = dataset.origin};
  std::vector<Example> rest;
  for (std::size_t i = 0; i < taken.size(); ++i)
    (taken[i] ? apart.examples : rest).push_back(std::move(dataset.examples[i]));
  dataset.examples = std::move(rest);
  return apart;
}

Duplicates duplicates_between(const Dataset& train, const Dataset& dev) {
  std::unordered_set<std::string> known;
  for (const Example& example : train.examples) known.insert(key_of(example));
  Duplicates found;
  for (const Example& example : dev.examples) {
    if (!known.contains(key_of(example))) continue;
    if (found.count++ == 0) found.first = example.text;
  }
  return found;
}

std::vector<std::string> remarks_about(const Dataset& dataset) {
  std::vector<std::string> remarks;
  std::map<double, std::size_t> counts;
  std::size_t blank = 0, without_pair = 0, pairs = 0;
  for (const Example& example : dataset.examples) {
    ++counts[example.label];
    blank += is_blank(example.text);
    pairs += example.text_pair.has_value();
    without_pair += example.text_pair && is_blank(*example.text_pair);
  }
  if (!dataset.labels.empty() && dataset.examples.front().marks.empty())
    for (const auto& [label, count] : counts)
      if (count == 1 && label >= 0)
        remarks.push_back(
            fmt::format("{}: the label {} occurs once: nothing can be said of how well it is learnt",
                        dataset.origin, in_quotes(dataset.labels[static_cast<std::size_t>(label)])));
  if (blank > 0) remarks.push_back(fmt::format("{}: {} texts are empty", dataset.origin, blank));
  if (2 * without_pair > pairs)
    remarks.push_back(
        fmt::format("{}: most second texts are empty ({} of {})", dataset.origin, without_pair, pairs));
  return remarks;
}

}  // namespace transkimmer
