#include "training/network/losses.h"

#include <numeric>
#include <span>

#include <ATen/Parallel.h>

#include "training/kernels/cpu_kernels.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// The gradient is computed together with the loss, in one visit to logits that are too many for any cache.
class CpuCrossEntropy : public Function<CpuCrossEntropy> {
 public:
  // logits [M, classes] f32, classes [M] i64; the mean over M
  static Tensor forward(AutogradContext* ctx, const Tensor& logits, const Tensor& classes, bool wanted) {
    const Tensor scores = logits.contiguous();
    const std::int64_t rows = scores.size(0), columns = scores.size(1);
    const Tensor gradient = wanted ? at::empty_like(scores) : Tensor();
    float* slopes = wanted ? gradient.data_ptr<float>() : nullptr;
    const float* data = scores.data_ptr<float>();
    const std::int64_t* targets = classes.data_ptr<std::int64_t>();
    std::vector<double> losses(static_cast<std::size_t>(rows));
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::span row(data + i * columns, static_cast<std::size_t>(columns));
        losses[static_cast<std::size_t>(i)] = cross_entropy_row(row, static_cast<std::size_t>(targets[i]),
                                                                wanted ? slopes + i * columns : nullptr);
      }
    });
    if (wanted) ctx->save_for_backward({gradient});
    const double sum = std::accumulate(losses.begin(), losses.end(), 0.0);
    return at::scalar_tensor(sum / static_cast<double>(rows), logits.options());
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const Tensor gradient = ctx->get_saved_variables()[0];
    return {gradient * (gradients[0] / gradient.size(0)), Tensor(), Tensor()};
  }
};

Tensor class_loss(const Tensor& logits, const Tensor& classes, const ClassLossOptions& options) {
  c10::optional<Tensor> weights;
  if (options.weights.defined()) weights = options.weights.to(logits.device());
  constexpr std::int64_t kIgnoredByNobody = -100;
  return at::cross_entropy_loss(logits, classes, weights, at::Reduction::Mean, kIgnoredByNobody,
                                options.label_smoothing);
}

Tensor span_end_loss(const Tensor& logits, const Tensor& positions) {
  const std::int64_t length = logits.size(1);
  return at::cross_entropy_loss(logits, positions.clamp(0, length), /*weight=*/{}, at::Reduction::Mean,
                                /*ignore_index=*/length);
}

}  // namespace

Tensor classification_loss(const Tensor& logits, const Tensor& classes, const ClassLossOptions& options) {
  return class_loss(logits.to(torch::kFloat32), classes, options);
}

Tensor regression_loss(const Tensor& logits, const Tensor& scores) {
  return at::mse_loss(logits.to(torch::kFloat32).squeeze(-1), scores);
}

Tensor yes_or_no_loss(const Tensor& logits, const Tensor& marks) {
  return at::binary_cross_entropy_with_logits(logits.to(torch::kFloat32), marks);
}

Tensor masked_lm_loss(const Tensor& logits, const Tensor& tokens) {
  if (tokens.numel() == 0)
    return at::sum(logits.to(torch::kFloat32)) * 0;  // the mean of nothing would be no number
  if (!logits.is_cpu()) return at::cross_entropy_loss(logits.to(torch::kFloat32), tokens);
  return CpuCrossEntropy::apply(logits.to(torch::kFloat32), tokens,
                                at::GradMode::is_enabled() && logits.requires_grad());
}

Tensor token_classification_loss(const Tensor& logits, const Tensor& tags, const ClassLossOptions& options) {
  const Tensor wide = logits.to(torch::kFloat32).reshape({-1, logits.size(-1)}), flat = tags.reshape({-1});
  const Tensor labelled = at::nonzero(flat.ge(0)).view({-1});
  if (labelled.numel() == 0) return at::sum(wide) * 0;  // the mean of nothing would be no number
  return class_loss(at::index_select(wide, 0, labelled), at::index_select(flat, 0, labelled), options);
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

Tensor task_loss(const ModelConfig& config, const Tensor& logits, const Targets& targets, const Tensor& real,
                 const ClassLossOptions& options) {
  switch (config.head) {
    case HeadKind::classification:
      return classification_loss(logits, targets.classes, options);
    case HeadKind::regression:
      return regression_loss(logits, targets.scores);
    case HeadKind::multi_label:
    case HeadKind::reranking:
      return yes_or_no_loss(logits, targets.scores.view_as(logits));
    case HeadKind::question_answering:
      return question_answering_loss(logits, targets, real, config.skim.semantics);
    case HeadKind::token_classification:
      return token_classification_loss(logits, targets.tags, options);
    case HeadKind::masked_lm:
      return masked_lm_loss(logits, targets.tokens);
    case HeadKind::none:
    case HeadKind::embedding:
      break;
  }
  throw UsageError("there is no loss for head '" + std::string(name_of(config.head)) + "'");
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
