#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/evaluate.h"
#include "features/batches.h"
#include "features/encoded_dataset.h"
#include "model_files/config/model_config.h"
#include "runtime/pass/ragged_batch.h"

namespace transkimmer {

/// Tokens of each sequence, [sequences].
std::vector<std::size_t> lengths_of(const EncodedDataset& data);

/// The batches of an unpadded run: sequences of like length, or those of a group, within the limits.
std::vector<Batch> batches_of(std::span<const std::size_t> lengths, const EvaluationOptions& options);

/// The sequences `members` of `data` as an engine takes them. `padded_to` > 0 fills every sequence up to that
/// length, so that the engine does the work of a padded batch.
RaggedBatch gather(const EncodedDataset& data, std::span<const std::uint32_t> members,
                   SkimProtection protection, std::size_t padded_to = 0);

}  // namespace transkimmer
