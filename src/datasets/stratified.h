#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace transkimmer {

/// Moves about `share` of the examples out of `dataset`, of each label about as large a share of its own;
/// both keep their order. A label that occurs once stays. The choice depends on the seed alone. Throws
/// UsageError where either side would be empty.
Dataset take_share(Dataset& dataset, double share, std::uint64_t seed);

/// How many examples of `dev` are among those of `train`, word by word, and the first of them.
struct Duplicates {
  std::size_t count = 0;
  std::string first;
};
/// Those of two data sets.
Duplicates duplicates_between(const Dataset& train, const Dataset& dev);

/// What is odd about examples to learn from, a line for each remark: labels that occur once, texts without a
/// word, and a second text that most examples lack.
std::vector<std::string> remarks_about(const Dataset& dataset);

}  // namespace transkimmer
