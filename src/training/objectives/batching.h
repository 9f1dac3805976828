#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "features/batches.h"
#include "features/encoded_dataset.h"
#include "features/questions/qa_windows.h"
#include "model_files/config/model_config.h"
#include "training/network/encoder.h"
#include "training/network/losses.h"

namespace transkimmer {

/// Sequences of a data set as tensors, with what they should answer.
struct LabelledBatch {
  PaddedBatch inputs;
  Targets targets;
  Batch examples = {};  ///< their numbers in the data set; none of text that is cut anew in every pass
  std::size_t sequences = 0;
  std::size_t tokens = 0;       ///< without padding
  std::size_t predictions = 0;  ///< what the mean of the task loss is over: sequences, hidden or labelled
                                ///< tokens
};

/// Pads the sequences that `batch` names to the longest of them, with config.pad_token_id. Targets follow
/// config.head; a data set without labels has none.
LabelledBatch make_batch(const EncodedDataset& dataset, const Batch& batch, const ModelConfig& config,
                         torch::Device device);

/// The same for windows of questions, whose targets are the first and the last token of the answer.
LabelledBatch make_batch(const QaFeatures& features, const Batch& batch, const ModelConfig& config,
                         torch::Device device);

/// The length of every sequence.
std::vector<std::size_t> sequence_lengths(const EncodedDataset& dataset);

/// Batches of training data, shuffled anew in every pass (shuffled_length_batches).
class EpochBatches {
 public:
  EpochBatches(std::vector<std::size_t> lengths, const TrainingOrder& order)
      : lengths_(std::move(lengths)), order_(order) {}

  std::int64_t per_epoch() const;
  const Batch& at(std::int64_t epoch, std::int64_t index);

 private:
  std::vector<std::size_t> lengths_;
  TrainingOrder order_;
  std::vector<Batch> batches_;
  std::int64_t epoch_ = -1;
};

}  // namespace transkimmer
