#include "model/cost.h"

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::uint64_t size(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

LayerCost layer_cost(const ModelSpec& spec, const LayerSpec& layer) {
  const std::uint64_t hidden = size(spec.hidden_size);
  const std::uint64_t predictor = spec.skim.enabled ? size(spec.skim.predictor_size) : 0;
  return {.predictor_per_token = hidden * predictor + 2 * predictor,
          .per_token = 4 * hidden * hidden + 2 * hidden * size(layer.feed_forward.size),
          .per_pair = 2 * hidden,
          .keys_and_values = 2 * hidden * hidden};
}

/// Of one state that the head reads.
std::uint64_t steps_cost(const ModelSpec& spec) {
  std::uint64_t macs = 0;
  std::int64_t in = spec.head.width(spec.hidden_size);
  for (const HeadStep& step : spec.head.steps) {
    macs += size(in) * size(step.out);
    in = step.out;
  }
  return macs;
}

constexpr std::uint64_t kOneMac = 1;

}  // namespace

CostCoefficients cost_coefficients(const ModelSpec& spec) {
  CostCoefficients cost;
  cost.embedding_per_token = size(spec.embeddings.size) * size(spec.hidden_size);
  for (const LayerSpec& layer : spec.layers) cost.layers.push_back(layer_cost(spec, layer));
  (spec.head.reads == Reads::each ? cost.head_per_token : cost.head_per_sequence) = steps_cost(spec);
  return cost;
}

Macs skimmed_cost(const ModelSpec& spec, std::uint64_t tokens, std::span<const std::uint32_t> kept) {
  if (kept.size() != spec.layers.size()) {
    throw UsageError(fmt::format("cost: kept-token counts of {} layers for a model of {} layers", kept.size(),
                                 spec.layers.size()));
  }
  const std::vector<std::uint64_t> counts(kept.begin(), kept.end());
  return {cost_coefficients(spec).of(tokens, std::span(counts), kOneMac)};
}

Macs dense_cost(const ModelSpec& spec, std::uint64_t tokens) {
  CostCoefficients cost = cost_coefficients(spec);
  for (LayerCost& layer : cost.layers) layer.predictor_per_token = 0;
  const std::vector<std::uint64_t> counts(cost.layers.size(), tokens);
  return {cost.of(tokens, std::span(counts), kOneMac)};
}

Macs unread_cost(const ModelSpec& spec, std::uint64_t kept) {
  if (!spec.reads_first_token() || kept == 0) return {0};
  const LayerCost last = layer_cost(spec, spec.layers.back());
  return {(kept - 1) * (last.per_token - last.keys_and_values + kept * last.per_pair)};
}

Macs head_cost(const ModelSpec& spec, std::uint64_t tokens) {
  const std::uint64_t macs = steps_cost(spec);
  return {spec.head.reads == Reads::each ? tokens * macs : macs};
}

}  // namespace transkimmer
