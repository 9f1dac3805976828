#include "training/cpu_attention.h"

#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "training/matrix_product.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// Sizes of one call, and where a head's part of a tensor begins.
struct Layout {
  std::int64_t batch, length, hidden, heads;

  std::int64_t head_size() const { return hidden / heads; }
  float scale() const { return 1.0F / std::sqrt(static_cast<float>(head_size())); }
  /// In a tensor [B, S, H].
  std::int64_t rows_of(std::int64_t head) const {
    return (head / heads) * length * hidden + (head % heads) * head_size();
  }
  /// In a tensor [B, heads, S, S].
  std::int64_t ratios_of(std::int64_t head) const { return head * length * length; }
};

/// What both passes read, as plain pointers; rows of query, key, value and gradients are `layout.hidden`
/// apart.
struct Heads {
  Layout layout;
  DropoutRule dropout;
  const float *query, *key, *value, *kept;
  std::vector<std::int64_t> keys;  ///< [B]: tokens without padding

  Heads(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& kept_keys, const Tensor& real,
        std::int64_t heads, const DropoutRule& rule)
      : layout{q.size(0), q.size(1), q.size(2), heads},
        dropout(rule),
        query(q.data_ptr<float>()),
        key(k.data_ptr<float>()),
        value(v.data_ptr<float>()),
        kept(kept_keys.data_ptr<float>()) {
    const Tensor lengths = at::sum(real, -1).to(torch::kInt64).contiguous();
    keys.assign(lengths.data_ptr<std::int64_t>(), lengths.data_ptr<std::int64_t>() + layout.batch);
  }

  SoftmaxRow row(std::int64_t head, std::int64_t i) const {
    const std::int64_t sequence = head / layout.heads;
    return {.keys = static_cast<std::size_t>(keys[sequence]),
            .kept = kept + sequence * layout.length,
            .first = static_cast<std::size_t>(layout.ratios_of(head) + i * layout.length),
            .dropout = dropout};
  }
};

void forward_head(const Heads& heads, std::int64_t head, float* ratios, float* weights, float* context) {
  const Layout& layout = heads.layout;
  const std::int64_t keys = heads.keys[head / layout.heads];
  const std::int64_t begin = layout.rows_of(head);
  multiply({.rows = layout.length, .columns = keys, .inner = layout.head_size(), .scale = layout.scale()},
           {heads.query + begin, layout.hidden}, {heads.key + begin, layout.hidden, /*transposed=*/true},
           ratios, keys);
  for (std::int64_t i = 0; i < layout.length; ++i) {
    softmax_row(heads.row(head, i), ratios + i * keys, weights + i * keys);
  }
  multiply({.rows = layout.length, .columns = layout.head_size(), .inner = keys}, {weights, keys},
           {heads.value + begin, layout.hidden}, context + begin, layout.hidden);
}

/// Where the backward pass writes.
struct HeadGradients {
  float *query, *key, *value;
  float* kept;  ///< [B, heads, S], or null
};

/// Scratch of one thread: two matrices [S, S].
struct Scratch {
  std::vector<float> gradient, weights;
  explicit Scratch(std::int64_t length)
      : gradient(static_cast<std::size_t>(length * length)), weights(gradient.size()) {}
};

void backward_head(const Heads& heads, std::int64_t head, const float* ratios, const float* context_gradient,
                   const HeadGradients& out, Scratch& scratch) {
  const Layout& layout = heads.layout;
  const std::int64_t keys = heads.keys[head / layout.heads];
  const std::int64_t begin = layout.rows_of(head);
  const std::int64_t stride = layout.hidden;
  float* gradient = scratch.gradient.data();
  float* weights = scratch.weights.data();
  multiply({.rows = layout.length, .columns = keys, .inner = layout.head_size()},
           {context_gradient + begin, stride}, {heads.value + begin, stride, /*transposed=*/true}, gradient,
           keys);
  float* kept_gradient = out.kept != nullptr ? out.kept + head * layout.length : nullptr;
  for (std::int64_t i = 0; i < layout.length; ++i) {
    softmax_row_backward(heads.row(head, i), ratios + i * keys, gradient + i * keys, weights + i * keys,
                         kept_gradient);
  }
  const std::int64_t size = layout.head_size();
  multiply({.rows = keys, .columns = size, .inner = layout.length}, {weights, keys, /*transposed=*/true},
           {context_gradient + begin, stride}, out.value + begin, stride);
  multiply({.rows = layout.length, .columns = size, .inner = keys, .scale = layout.scale()}, {gradient, keys},
           {heads.key + begin, stride}, out.query + begin, stride);
  multiply({.rows = keys, .columns = size, .inner = layout.length, .scale = layout.scale()},
           {gradient, keys, /*transposed=*/true}, {heads.query + begin, stride}, out.key + begin, stride);
}

class CpuAttention : public Function<CpuAttention> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                        const Tensor& kept_keys, const Tensor& real, std::int64_t heads, double probability,
                        std::int64_t seed) {
    const Tensor query = q.contiguous(), key = k.contiguous(), value = v.contiguous(),
                 kept = kept_keys.contiguous();
    const Heads parts(query, key, value, kept, real, heads, rule(probability, seed));
    const Layout& layout = parts.layout;
    Tensor ratios = at::empty({layout.batch, heads, layout.length, layout.length}, query.options());
    Tensor context = at::empty_like(query);
    float* ratio_data = ratios.data_ptr<float>();
    float* context_data = context.data_ptr<float>();
    at::parallel_for(0, layout.batch * heads, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> weights(static_cast<std::size_t>(layout.length * layout.length));
      for (std::int64_t head = begin; head < end; ++head) {
        forward_head(parts, head, ratio_data + layout.ratios_of(head), weights.data(), context_data);
      }
    });
    ctx->save_for_backward({query, key, value, kept, real, ratios});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["probability"] = probability;
    ctx->saved_data["seed"] = seed;
    return context;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const std::int64_t heads = ctx->saved_data["heads"].toInt();
    const Heads parts(saved[0], saved[1], saved[2], saved[3], saved[4], heads,
                      rule(ctx->saved_data["probability"].toDouble(), ctx->saved_data["seed"].toInt()));
    const Layout& layout = parts.layout;
    const Tensor context_gradient = gradients[0].contiguous();
    // Rows of padding receive nothing.
    Tensor query = at::empty_like(saved[0]), key = at::zeros_like(saved[1]), value = at::zeros_like(saved[2]);
    const bool kept_wanted = ctx->needs_input_grad(3);
    Tensor kept;
    if (kept_wanted) kept = at::zeros({layout.batch, heads, layout.length}, query.options());
    const HeadGradients out{query.data_ptr<float>(), key.data_ptr<float>(), value.data_ptr<float>(),
                            kept_wanted ? kept.data_ptr<float>() : nullptr};
    const float* ratios = saved[5].data_ptr<float>();
    const float* incoming = context_gradient.data_ptr<float>();
    at::parallel_for(0, layout.batch * heads, 1, [&](std::int64_t begin, std::int64_t end) {
      Scratch scratch(layout.length);
      for (std::int64_t head = begin; head < end; ++head) {
        backward_head(parts, head, ratios + layout.ratios_of(head), incoming, out, scratch);
      }
    });
    return {query,    key,      value,    kept_wanted ? at::sum(kept, 1) : Tensor(),
            Tensor(), Tensor(), Tensor(), Tensor()};
  }

 private:
  static DropoutRule rule(double probability, std::int64_t seed) {
    return {.seed = static_cast<std::uint64_t>(seed), .probability = static_cast<float>(probability)};
  }
};

}  // namespace

Tensor cpu_attention(const CpuAttentionInput& input, std::int64_t heads, const DropoutRule& dropout) {
  return CpuAttention::apply(input.query, input.key, input.value, input.kept, input.real, heads,
                             static_cast<double>(dropout.probability),
                             static_cast<std::int64_t>(dropout.seed));
}

}  // namespace transkimmer
