#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// Multiply-accumulates. A type of its own, so that it is never added to FLOPs (twice as many) by mistake.
struct Macs {
  std::uint64_t count = 0;
  Macs& operator+=(Macs other) {
    count += other.count;
    return *this;
  }
  Macs& operator-=(Macs other) {
    count -= other.count;
    return *this;
  }
  friend Macs operator+(Macs a, Macs b) { return a += b; }
  friend bool operator==(Macs, Macs) = default;
};

/// What one token, or one pair of kept tokens, costs in a layer, in MACs. H is the hidden size, P the
/// predictor's, F the feed-forward's.
struct LayerCost {
  /// The layer's part of the formula below, in units of so many MACs: of counts (and a whole unit), or of
  /// tensors of counts.
  template <typename Count, typename Unit>
  Count of(const Count& entering, const Count& kept, Unit unit) const {
    return entering * (predictor_per_token / unit) + kept * (per_token / unit + kept * (per_pair / unit));
  }

  std::uint64_t predictor_per_token = 0;  ///< of a token that enters: H P + 2 P; 0 without predictors
  std::uint64_t per_token = 0;            ///< of a token that is kept: 4 H^2 + 2 H F
  std::uint64_t per_pair = 0;             ///< times the square of the tokens that are kept: 2 H
  std::uint64_t keys_and_values = 0;      ///< of `per_token`: 2 H^2
};

/// The numbers of the formula below.
struct CostCoefficients {
  /// The formula, in units of so many MACs, of one sequence (and a whole unit), or of tensors of sequences.
  template <typename Count, typename Unit>
  Count of(const Count& tokens, std::span<const Count> kept, Unit unit) const {
    Count total = tokens * ((embedding_per_token + head_per_token) / unit) + head_per_sequence / unit;
    const Count* entering = &tokens;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      total = total + layers[i].of(*entering, kept[i], unit);
      entering = &kept[i];
    }
    return total;
  }
  std::uint64_t embedding_per_token = 0;  ///< E H
  std::vector<LayerCost> layers;
  std::uint64_t head_per_token = 0;     ///< of heads that read every token
  std::uint64_t head_per_sequence = 0;  ///< of heads that read the first
};
/// Those of a model, in MACs.
CostCoefficients cost_coefficients(const ModelSpec& spec);

/// The arithmetic of one sequence:
/// sum_i [ entering_i (H P + 2 P) + kept_i (4 H^2 + 2 H F) + 2 kept_i^2 H ] + tokens E H + head,
/// E the columns of the embedding tables where they are not H, else 0.
/// `kept` has one entry per layer, 0 from the layer on in which the text's last token left; the tokens
/// entering layer i are kept[i-1], or `tokens` for i = 0. The predictor terms count only when
/// spec.skim.enabled. Throws UsageError for counts of another number of layers.
Macs skimmed_cost(const ModelSpec& spec, std::uint64_t tokens, std::span<const std::uint32_t> kept);
/// The same sequence through the dense model: every layer keeps all tokens and there is no predictor.
Macs dense_cost(const ModelSpec& spec, std::uint64_t tokens);
/// What of these the runtime never computes, for `kept` tokens in the last layer: where the head reads first
/// tokens alone, that layer makes keys and values of all its tokens and everything else of the first. 0 for
/// other heads.
Macs unread_cost(const ModelSpec& spec, std::uint64_t kept);
/// The head alone: its linear layers, for the first token or for every one.
Macs head_cost(const ModelSpec& spec, std::uint64_t tokens);

}  // namespace transkimmer
