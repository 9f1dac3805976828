#include "training/objectives/batching.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace transkimmer {
namespace {

/// [B, longest] i64: the classes of tokens, kNoTag for padding, too.
Tensor tags_of(const EncodedDataset& dataset, const Batch& batch, std::size_t longest) {
  const Tensor tags = at::full({static_cast<std::int64_t>(batch.size()), static_cast<std::int64_t>(longest)},
                               kNoTag, torch::kInt64);
  for (std::size_t row = 0; row < batch.size(); ++row)
    std::ranges::copy(dataset.sequence_tags(batch[row]), tags.data_ptr<std::int64_t>() + row * longest);
  return tags;
}

/// How many predictions the mean of the task's loss is over, see LabelledBatch.
std::size_t predictions_of(const LabelledBatch& batch, const EncodedDataset& dataset,
                           const ModelConfig& config) {
  if (traits_of(config.head).output != Output::tags) return batch.sequences;
  if (dataset.tags.empty()) return batch.tokens;
  std::size_t labelled = 0;
  for (const std::uint32_t i : batch.examples)
    labelled += static_cast<std::size_t>(
        std::ranges::count_if(dataset.sequence_tags(i), [](std::int32_t tag) { return tag >= 0; }));
  return labelled;
}

/// [B, labels] f32: 1 for the labels of each sequence's set, else 0.
Tensor marks_of(const EncodedDataset& dataset, const Batch& batch, std::int64_t labels) {
  const Tensor marks = at::empty({static_cast<std::int64_t>(batch.size()), labels}, torch::kFloat32);
  const auto columns = static_cast<std::size_t>(labels);
  for (std::size_t row = 0; row < batch.size(); ++row)
    std::ranges::copy(std::span(dataset.marks).subspan(batch[row] * columns, columns),
                      marks.data_ptr<float>() + row * columns);
  return marks;
}

Targets make_targets(const EncodedDataset& dataset, const Batch& batch, const ModelConfig& config,
                     torch::Device device) {
  const auto count = static_cast<std::int64_t>(batch.size());
  Targets targets;
  // Labels of an embedder are of pairs of sequences, those of tokens and spans stand elsewhere.
  if (traits_of(config.head).output != Output::labels || std::isnan(dataset.labels[batch.front()]))
    return targets;
  const LabelKind labels = traits_of(config.head).labels;
  if (labels == LabelKind::set) {
    targets.scores = marks_of(dataset, batch, config.num_labels()).to(device);
  } else if (labels == LabelKind::number) {
    Tensor scores = at::empty({count}, torch::kFloat32);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      scores.data_ptr<float>()[i] = static_cast<float>(dataset.labels[batch[i]]);
    }
    targets.scores = scores.to(device);
  } else {
    Tensor classes = at::empty({count}, torch::kInt64);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      classes.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>(dataset.labels[batch[i]]);
    }
    targets.classes = classes.to(device);
  }
  return targets;
}

/// [B, S] f32, 1 for tokens that config.skim.protection keeps; undefined when that is the first at most.
Tensor protected_tokens(const EncodedDataset& dataset, const Batch& batch, const ModelConfig& config,
                        std::size_t longest) {
  if (!config.skim.enabled || config.skim.protection != SkimProtection::question) return {};
  const auto rows = static_cast<std::int64_t>(batch.size());
  Tensor kept = at::zeros({rows, static_cast<std::int64_t>(longest)}, torch::kFloat32);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const std::uint32_t count = dataset.never_skimmed(batch[row], config.skim.protection);
    std::fill_n(kept.data_ptr<float>() + row * longest, count, 1.0F);
  }
  return kept;
}

}  // namespace

LabelledBatch make_batch(const EncodedDataset& dataset, const Batch& batch, const ModelConfig& config,
                         torch::Device device) {
  std::size_t longest = 0;
  for (const std::uint32_t i : batch) longest = std::max(longest, dataset.length(i));
  const auto rows = static_cast<std::int64_t>(batch.size());
  const auto columns = static_cast<std::int64_t>(longest);
  const Tensor ids = at::full({rows, columns}, config.pad_token_id, torch::kInt64);
  const Tensor type_ids = at::zeros({rows, columns}, torch::kInt64);
  const Tensor real = at::zeros({rows, columns}, torch::kFloat32);
  LabelledBatch result;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const std::size_t begin = row * longest;
    const std::size_t length = dataset.length(batch[row]);
    std::ranges::copy(dataset.sequence_ids(batch[row]), ids.data_ptr<std::int64_t>() + begin);
    if (config.type_vocab_size > 0)
      std::ranges::copy(dataset.sequence_type_ids(batch[row]), type_ids.data_ptr<std::int64_t>() + begin);
    std::fill_n(real.data_ptr<float>() + begin, length, 1.0F);
    result.tokens += length;
  }
  result.sequences = batch.size();
  result.examples = batch;
  result.predictions = predictions_of(result, dataset, config);
  result.inputs = {.ids = ids.to(device), .type_ids = type_ids.to(device), .real = real.to(device)};
  const Tensor kept = protected_tokens(dataset, batch, config, longest);
  if (kept.defined()) result.inputs.never_skimmed = kept.to(device);
  result.targets = make_targets(dataset, batch, config, device);
  if (!dataset.tags.empty()) result.targets.tags = tags_of(dataset, batch, longest).to(device);
  return result;
}

LabelledBatch make_batch(const QaFeatures& features, const Batch& batch, const ModelConfig& config,
                         torch::Device device) {
  LabelledBatch result = make_batch(features.tokens, batch, config, device);
  std::vector<std::int64_t> starts, ends;
  for (const std::uint32_t i : batch) {
    starts.push_back(features.windows[i].start);
    ends.push_back(features.windows[i].end);
  }
  result.targets.starts = torch::tensor(starts, torch::kInt64).to(device);
  result.targets.ends = torch::tensor(ends, torch::kInt64).to(device);
  return result;
}

std::int64_t EpochBatches::per_epoch() const {
  return static_cast<std::int64_t>((lengths_.size() + order_.batch_size - 1) / order_.batch_size);
}

const Batch& EpochBatches::at(std::int64_t epoch, std::int64_t index) {
  if (epoch != epoch_) {
    order_.epoch = static_cast<std::uint64_t>(epoch);
    batches_ = shuffled_length_batches(lengths_, order_);
    epoch_ = epoch;
  }
  return batches_.at(static_cast<std::size_t>(index));
}

std::vector<std::size_t> sequence_lengths(const EncodedDataset& dataset) {
  std::vector<std::size_t> lengths(dataset.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = dataset.length(i);
  return lengths;
}

}  // namespace transkimmer
