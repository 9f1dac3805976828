#pragma once

#include <cstddef>

#include "features/batches.h"
#include "features/encoded_dataset.h"
#include "model_files/model_config.h"
#include "training/encoder.h"
#include "training/losses.h"

namespace transkimmer {

/// Sequences of a data set as tensors, with what they should answer.
struct LabelledBatch {
  PaddedBatch inputs;
  Targets targets;
  std::size_t sequences = 0;
  std::size_t tokens = 0;       ///< without padding
  std::size_t predictions = 0;  ///< what the mean of the task loss is over: sequences, or hidden tokens
};

/// Pads the sequences that `batch` names to the longest of them, with config.pad_token_id. Targets follow
/// config.head.
LabelledBatch make_batch(const EncodedDataset& dataset, const Batch& batch, const ModelConfig& config,
                         torch::Device device);

/// The length of every sequence.
std::vector<std::size_t> sequence_lengths(const EncodedDataset& dataset);

}  // namespace transkimmer
