#include "training/network/attention.h"

#include <cmath>
#include <limits>

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// What the published code adds to the scores of padding.
constexpr double kPaddingScore = -10000.0;

// A skimmed key may score higher than every kept one. Its ratio to their sum, needed for its gradient alone,
// is cut here before exp overflows f32 (at 88.7).
constexpr double kLargestLogRatio = 60.0;

/// [B, S] -> [B, 1, 1, S]
Tensor over_keys(const Tensor& mask) {
  return mask.unsqueeze(1).unsqueeze(1);
}

/// w = p m / sum(p m) over the last dimension, p = softmax(scores) over real keys, from
///     r = exp(score - logsumexp of kept scores)      for real keys,     w = r m.
/// No division by a sum that may underflow, and the gradients
///     d score = w (g - sum(w g)),     d m = sum over heads and queries of r (g - sum(w g))
/// reach dropped keys too; with AttentionMask::gradient_of_return d m of those has r / (1 + r) in place of r.
class RenormalisedSoftmax : public Function<RenormalisedSoftmax> {
 public:
  // scores [B, heads, S, S], kept [B, S], real [B, S]
  static Tensor forward(AutogradContext* ctx, const Tensor& scores, const Tensor& kept, const Tensor& real,
                        bool gradient_of_return) {
    ctx->saved_data["gradient_of_return"] = gradient_of_return;
    const Tensor key_kept = over_keys(kept * real);
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor total = at::logsumexp(scores.masked_fill(key_kept.eq(0), -infinity), {-1}, /*keepdim=*/true);
    const Tensor ratios = (scores - total).clamp_max_(kLargestLogRatio).exp_().mul_(over_keys(real));
    ctx->save_for_backward({ratios, key_kept});
    return ratios * key_kept;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& ratios = saved[0];
    const Tensor& key_kept = saved[1];
    const Tensor& gradient = gradients[0];
    const Tensor centre = at::sum(ratios * key_kept * gradient, -1, /*keepdim=*/true);
    const Tensor flow = ratios * (gradient - centre);
    const bool of_return = ctx->saved_data["gradient_of_return"].toBool();
    const Tensor of_masks = of_return ? flow / (1 + ratios * (1 - key_kept)) : flow;
    return {flow * key_kept, at::sum(of_masks, {1, 2}), Tensor(), Tensor()};
  }
};

Tensor attention_probabilities(const Tensor& scores, const AttentionMask& mask) {
  if (mask.semantics == SkimSemantics::removal && mask.kept.defined()) {
    return RenormalisedSoftmax::apply(scores, mask.kept, mask.real, mask.gradient_of_return);
  }
  const Tensor probabilities = at::softmax(scores + over_keys((1 - mask.real) * kPaddingScore), -1);
  return mask.kept.defined() ? probabilities * over_keys(mask.kept) : probabilities;
}

/// [B, S, H] -> [B, heads, S, H / heads]
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace

Tensor masked_attention(const AttentionInput& input, const AttentionMask& mask,
                        const AttentionOptions& options) {
  const Tensor query = split_heads(input.query, options.heads);
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  Tensor scores =
      at::matmul(query * scale, split_heads(input.key, options.heads).transpose(-1, -2)).to(torch::kFloat32);
  if (options.bias.defined()) scores = scores + options.bias;
  const Tensor probabilities = attention_probabilities(scores, mask);
  if (options.probabilities != nullptr) *options.probabilities = probabilities;
  const Tensor weights =
      dropout(probabilities, options.dropout, options.context).to(input.value.scalar_type());
  return at::matmul(weights, split_heads(input.value, options.heads))
      .transpose(1, 2)
      .reshape(input.query.sizes());
}

}  // namespace transkimmer
