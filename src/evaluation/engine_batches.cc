#include "evaluation/engine_batches.h"

#include <algorithm>

namespace transkimmer {

std::vector<std::size_t> lengths_of(const EncodedDataset& data) {
  std::vector<std::size_t> lengths(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) lengths[i] = data.length(i);
  return lengths;
}

std::vector<Batch> batches_of(std::span<const std::size_t> lengths, const EvaluationOptions& options) {
  const BatchLimits limits{options.batch_sequences, options.batch_tokens};
  return options.groups.empty() ? length_sorted_batches(lengths, limits)
                                : grouped_batches(lengths, options.groups, limits);
}

RaggedBatch gather(const EncodedDataset& data, std::span<const std::uint32_t> members,
                   SkimProtection protection, std::size_t padded_to) {
  RaggedBatch batch;
  for (const std::uint32_t i : members) {
    std::vector<std::int32_t> ids(data.sequence_ids(i).begin(), data.sequence_ids(i).end());
    std::vector<std::int32_t> types(data.sequence_type_ids(i).begin(), data.sequence_type_ids(i).end());
    ids.resize(std::max(ids.size(), padded_to), 0);
    types.resize(ids.size(), 0);
    batch.add(ids, types, data.never_skimmed(i, protection));
  }
  return batch;
}

}  // namespace transkimmer
