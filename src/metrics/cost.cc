#include "metrics/cost.h"

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::uint64_t size(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t predictor_cost(const ModelConfig& config, std::uint64_t entering) {
  if (!config.skim.enabled) return 0;
  const std::uint64_t inner = size(config.skim.predictor_size);
  return entering * (size(config.hidden_size) * inner + 2 * inner);
}

std::uint64_t layer_cost(const ModelConfig& config, std::uint64_t kept) {
  const std::uint64_t hidden = size(config.hidden_size);
  return kept * (4 * hidden * hidden + 2 * hidden * size(config.intermediate_size)) +
         2 * kept * kept * hidden;
}

}  // namespace

Macs skimmed_cost(const ModelConfig& config, std::uint64_t tokens, std::span<const std::uint32_t> kept) {
  if (kept.size() != size(config.num_hidden_layers)) {
    throw UsageError(fmt::format("cost: kept-token counts of {} layers for a model of {} layers", kept.size(),
                                 config.num_hidden_layers));
  }
  Macs macs = head_cost(config, tokens);
  std::uint64_t entering = tokens;
  for (const std::uint32_t layer_kept : kept) {
    macs.count += predictor_cost(config, entering) + layer_cost(config, layer_kept);
    entering = layer_kept;
  }
  return macs;
}

Macs dense_cost(const ModelConfig& config, std::uint64_t tokens) {
  Macs macs = head_cost(config, tokens);
  macs.count += size(config.num_hidden_layers) * layer_cost(config, tokens);
  return macs;
}

Macs unread_cost(const ModelConfig& config, std::uint64_t kept) {
  const bool first_alone = config.head == HeadKind::classification || config.head == HeadKind::regression;
  if (!first_alone || kept == 0) return {0};
  const std::uint64_t hidden = size(config.hidden_size);
  // Query and attention output of a token, its feed-forward part, and its row of both products of attention.
  const std::uint64_t of_token =
      2 * hidden * hidden + 2 * hidden * size(config.intermediate_size) + 2 * kept * hidden;
  return {(kept - 1) * of_token};
}

Macs head_cost(const ModelConfig& config, std::uint64_t tokens) {
  const std::uint64_t hidden = size(config.hidden_size);
  switch (config.head) {
    case HeadKind::none:
      return {0};
    case HeadKind::classification:
      return {hidden * hidden + hidden * size(config.num_labels())};
    case HeadKind::regression:
      return {hidden * hidden + hidden};
    case HeadKind::question_answering:
      return {tokens * hidden * 2};
    case HeadKind::masked_lm:
      return {tokens * (hidden * hidden + hidden * size(config.vocab_size))};
  }
  throw UsageError("head kind out of range");
}

}  // namespace transkimmer
