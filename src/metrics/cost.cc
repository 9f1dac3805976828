#include "metrics/cost.h"

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::uint64_t size(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t layer_cost(const CostCoefficients& cost, std::uint64_t kept) {
  return kept * cost.layer_per_token + kept * kept * cost.layer_per_pair;
}

void add_head(const ModelConfig& config, CostCoefficients& cost) {
  const std::uint64_t hidden = size(config.hidden_size);
  switch (config.head) {
    case HeadKind::none:
      return;
    case HeadKind::classification:
      cost.head_per_sequence = hidden * hidden + hidden * size(config.num_labels());
      return;
    case HeadKind::regression:
      cost.head_per_sequence = hidden * hidden + hidden;
      return;
    case HeadKind::question_answering:
      cost.head_per_token = hidden * 2;
      return;
    case HeadKind::masked_lm:
      cost.head_per_token = hidden * hidden + hidden * size(config.vocab_size);
      return;
  }
  throw UsageError("head kind out of range");
}

}  // namespace

CostCoefficients cost_coefficients(const ModelConfig& config) {
  const std::uint64_t hidden = size(config.hidden_size);
  const std::uint64_t predictor = config.skim.enabled ? size(config.skim.predictor_size) : 0;
  CostCoefficients cost{.predictor_per_token = hidden * predictor + 2 * predictor,
                        .layer_per_token = 4 * hidden * hidden + 2 * hidden * size(config.intermediate_size),
                        .layer_per_pair = 2 * hidden};
  add_head(config, cost);
  return cost;
}

Macs skimmed_cost(const ModelConfig& config, std::uint64_t tokens, std::span<const std::uint32_t> kept) {
  if (kept.size() != size(config.num_hidden_layers)) {
    throw UsageError(fmt::format("cost: kept-token counts of {} layers for a model of {} layers", kept.size(),
                                 config.num_hidden_layers));
  }
  const CostCoefficients cost = cost_coefficients(config);
  Macs macs = head_cost(config, tokens);
  std::uint64_t entering = tokens;
  for (const std::uint32_t layer_kept : kept) {
    macs.count += entering * cost.predictor_per_token + layer_cost(cost, layer_kept);
    entering = layer_kept;
  }
  return macs;
}

Macs dense_cost(const ModelConfig& config, std::uint64_t tokens) {
  Macs macs = head_cost(config, tokens);
  macs.count += size(config.num_hidden_layers) * layer_cost(cost_coefficients(config), tokens);
  return macs;
}

Macs unread_cost(const ModelConfig& config, std::uint64_t kept) {
  if (!reads_first_token_only(config.head) || kept == 0) return {0};
  const std::uint64_t hidden = size(config.hidden_size);
  // Query and attention output of a token, its feed-forward part, and its row of both products of attention.
  const std::uint64_t of_token =
      2 * hidden * hidden + 2 * hidden * size(config.intermediate_size) + 2 * kept * hidden;
  return {(kept - 1) * of_token};
}

Macs head_cost(const ModelConfig& config, std::uint64_t tokens) {
  const CostCoefficients cost = cost_coefficients(config);
  return {cost.head_per_sequence + tokens * cost.head_per_token};
}

}  // namespace transkimmer
