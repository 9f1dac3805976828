#pragma once

#include <span>
#include <vector>

#include "features/encoded_dataset.h"
#include "runtime/engine.h"

namespace transkimmer {

/// Skim thresholds that spread a model's arithmetic over `shares` of what it computes dense (unpadded, skim
/// predictors counted), ascending, with the threshold of `engine` among them. They are found on a few dozen
/// sequences of `data`, without labels, and have as few decimals as come near enough. A share that no
/// threshold comes near, and one that a threshold found before has already, is left out. Throws UsageError
/// when the engine does not skim or there is no data.
std::vector<double> spread_thresholds(const Engine& engine, const EncodedDataset& data,
                                      std::span<const double> shares);

}  // namespace transkimmer
