#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "training/finetuning.h"

namespace transkimmer {

/// Both splits as texts, and the task they belong to.
struct FinetuningTexts {
  Task task;
  Dataset train;
  std::optional<Dataset> dev;
};

/// Reads the data that the options name, `seed` choosing the samples where they are limited. Throws
/// UsageError for options that contradict each other; IoError, FormatError.
FinetuningTexts load_texts(const DataOptions& options, std::uint64_t seed);

/// The configuration to train: the directory's own with the task's head and labels, and skimming as asked
/// for.
ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts);

/// Leaves a random choice of `count` examples in their old order (files sorted by label are common); all,
/// when `count` is 0 or there are no more.
template <typename T>
void keep_sample(std::vector<T>& examples, std::size_t count, std::uint64_t seed) {
  if (count == 0 || count >= examples.size()) return;
  std::vector<T> chosen;
  chosen.reserve(count);
  std::mt19937_64 random(seed);
  std::size_t left = examples.size();
  for (T& example : examples) {
    if (random() % left < count - chosen.size()) chosen.push_back(std::move(example));
    --left;
  }
  examples = std::move(chosen);
}

}  // namespace transkimmer
