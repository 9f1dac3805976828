#include "training/losses.h"

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

Tensor span_end_loss(const Tensor& logits, const Tensor& positions) {
  const std::int64_t length = logits.size(1);
  return at::cross_entropy_loss(logits, positions.clamp(0, length), /*weight=*/{}, at::Reduction::Mean,
                                /*ignore_index=*/length);
}

}  // namespace

Tensor classification_loss(const Tensor& logits, const Tensor& classes) {
  return at::cross_entropy_loss(logits.to(torch::kFloat32), classes);
}

Tensor regression_loss(const Tensor& logits, const Tensor& scores) {
  return at::mse_loss(logits.to(torch::kFloat32).squeeze(-1), scores);
}

Tensor question_answering_loss(const Tensor& logits, const Targets& targets, const Tensor& real,
                               SkimSemantics semantics) {
  Tensor wide = logits.to(torch::kFloat32);
  if (semantics == SkimSemantics::removal) {
    // Finite, so that an answer wrongly placed on padding gives a large loss and not a NaN.
    wide = wide.masked_fill(real.eq(0).unsqueeze(-1), -1e9);
  }
  return (span_end_loss(wide.select(-1, 0), targets.starts) +
          span_end_loss(wide.select(-1, 1), targets.ends)) /
         2;
}

Tensor task_loss(const ModelConfig& config, const Tensor& logits, const Targets& targets,
                 const Tensor& real) {
  switch (config.head) {
    case HeadKind::classification:
      return classification_loss(logits, targets.classes);
    case HeadKind::regression:
      return regression_loss(logits, targets.scores);
    case HeadKind::question_answering:
      return question_answering_loss(logits, targets, real, config.skim.semantics);
    case HeadKind::none:
    case HeadKind::masked_lm:
      break;
  }
  throw UsageError("there is no fine-tuning loss for head '" + std::string(name_of(config.head)) + "'");
}

Tensor skim_loss(const std::vector<Tensor>& masks, const Tensor& real, SkimSemantics semantics) {
  if (masks.empty()) return at::zeros({}, real.options());
  Tensor kept = at::zeros({}, real.options());
  const bool padding_counts = semantics == SkimSemantics::original;
  for (const Tensor& mask : masks) kept = kept + at::sum(padding_counts ? mask : mask * real);
  const Tensor tokens = padding_counts ? at::full({}, real.numel(), real.options()) : at::sum(real);
  return kept / (tokens * static_cast<double>(masks.size()));
}

Tensor kept_tokens(const std::vector<Tensor>& masks, const Tensor& real) {
  torch::NoGradGuard no_gradients;
  std::vector<Tensor> sums;
  for (const Tensor& mask : masks) sums.push_back(at::sum(mask * real));
  return sums.empty() ? at::empty({0}, real.options()) : at::stack(sums);
}

}  // namespace transkimmer
