#include "evaluation/align_labels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Of a model whose classes were never named.
constexpr const char* kNameless = "LABEL_0";

std::string lower_case_ascii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// The index of `label` among `names`, or of the only one that differs from it in nothing but case.
std::optional<std::size_t> class_named(const std::string& label, const std::vector<std::string>& names) {
  const auto same = std::find(names.begin(), names.end(), label);
  if (same != names.end()) return static_cast<std::size_t>(same - names.begin());
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (lower_case_ascii(names[i]) != lower_case_ascii(label)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

/// The model's index of each of `labels`. `where` names a label's place as messages begin with it.
template <typename Where>
std::vector<std::size_t> positions_of(const std::vector<std::string>& labels,
                                      const std::vector<std::string>& names, const Where& where) {
  std::vector<std::size_t> positions;
  for (const std::string& label : labels) {
    const std::optional<std::size_t> found = class_named(label, names);
    if (!found)
      throw UsageError(fmt::format("{}the class {}, which the model does not know; its classes are {}",
                                   where(positions.size()), in_quotes(label), names_in_quotes(names)));
    const auto same = std::find(positions.begin(), positions.end(), *found);
    if (same != positions.end())
      throw UsageError(fmt::format("{}the classes {} and {}, the model only {}", where(positions.size()),
                                   in_quotes(labels[static_cast<std::size_t>(same - positions.begin())]),
                                   in_quotes(label), in_quotes(names[*found])));
    positions.push_back(*found);
  }
  return positions;
}

}  // namespace

std::vector<std::size_t> align_labels(Dataset& dataset, const ModelConfig& config) {
  std::vector<std::size_t> same(dataset.labels.size());
  std::iota(same.begin(), same.end(), std::size_t{0});
  if (dataset.labels.empty() || dataset.labels == config.labels) return same;
  if (dataset.labels.size() != config.labels.size())
    throw UsageError(fmt::format("{} has {} classes ({}), the model {} ({})", dataset.origin,
                                 dataset.labels.size(), names_in_quotes(dataset.labels), config.labels.size(),
                                 names_in_quotes(config.labels)));
  if (config.labels.front() == kNameless) return same;
  std::vector<std::size_t> positions =
      positions_of(dataset.labels, config.labels, [&](std::size_t) { return dataset.origin + " has "; });
  for (Example& example : dataset.examples)
    if (!std::isnan(example.label))
      example.label = static_cast<double>(positions[static_cast<std::size_t>(example.label)]);
  dataset.labels = config.labels;
  return positions;
}

void align_labels(TaggedDataset& dataset, const ModelConfig& config) {
  if (!dataset.labelled || dataset.labels == config.labels) return;
  std::vector<std::string> labels = config.labels;
  if (config.labels.front() == kNameless) {
    if (dataset.labels.size() > labels.size())
      throw UsageError(fmt::format("{} has {} classes ({}), the model {} without names", dataset.origin,
                                   dataset.labels.size(), names_in_quotes(dataset.labels), labels.size()));
    std::ranges::copy(dataset.labels, labels.begin());
  } else {
    const auto where = [&](std::size_t i) {
      return at_line(dataset.origin, dataset.label_lines[i]) + "has ";
    };
    const std::vector<std::size_t> positions = positions_of(dataset.labels, config.labels, where);
    for (std::size_t i = 0; i < positions.size(); ++i) dataset.labels[i] = config.labels[positions[i]];
  }
  use_labels(dataset, labels);
}

}  // namespace transkimmer
