#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace transkimmer {

/// Token ids of several sequences back to back, without padding: sequence i is tokens [starts[i],
/// starts[i+1]).
struct RaggedBatch {
  std::vector<std::int32_t> ids;       ///< [tokens]
  std::vector<std::int32_t> type_ids;  ///< [tokens]; empty means all 0
  std::vector<std::uint32_t> starts = {0};
  /// [sequences]: so many first tokens are never skimmed; empty: 0 of each. The first is not skimmed
  /// either where the model protects it.
  std::vector<std::uint32_t> never_skimmed;
  /// [sequences]: the threshold that each is skimmed at, minus infinity to keep all of its tokens; empty: the
  /// pass's own for all. To be set once all sequences are there.
  std::vector<double> skim_thresholds;
  /// Of heads that read each token: the tokens, by their place in `ids`, whose logits are wanted; empty: all.
  std::vector<std::uint32_t> asked = {};

  std::size_t sequences() const { return starts.size() - 1; }
  std::size_t tokens() const { return ids.size(); }
  /// Appends a sequence; `sequence_type_ids` may be empty (all 0) when it is so for every sequence of the
  /// batch.
  void add(std::span<const std::int32_t> sequence_ids, std::span<const std::int32_t> sequence_type_ids = {},
           std::uint32_t sequence_never_skimmed = 0) {
    ids.insert(ids.end(), sequence_ids.begin(), sequence_ids.end());
    type_ids.insert(type_ids.end(), sequence_type_ids.begin(), sequence_type_ids.end());
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
    never_skimmed.push_back(sequence_never_skimmed);
  }
};

}  // namespace transkimmer
