#include "training/cpu_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "training/matrix_product.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// The matrices [S, S] of the sequences that are worked on together should stay in the last-level cache, of
/// which two processors have some 16 MB or more.
constexpr std::int64_t kScratchFloats = 2 << 20;

/// Sizes of one call, and where a head's part of a tensor begins.
struct Layout {
  std::int64_t batch, length, hidden, heads;

  std::int64_t head_size() const { return hidden / heads; }
  float scale() const { return 1.0F / std::sqrt(static_cast<float>(head_size())); }
  /// Of tensors [B, S, H], as [B, heads, S, H / heads], and as its transpose.
  HeadStrides tokens() const { return {length * hidden, head_size(), hidden, 1}; }
  HeadStrides tokens_transposed() const { return {length * hidden, head_size(), 1, hidden}; }
  /// Of tensors [B, heads, S, S].
  HeadStrides ratios() const { return {heads * length * length, length * length, length, 1}; }
  HeadStrides ratios_transposed() const { return {heads * length * length, length * length, 1, length}; }
  /// Sequences that are worked on together: enough for every thread to have a head.
  std::int64_t group() const {
    const std::int64_t threads = at::get_num_threads();
    const std::int64_t cached = kScratchFloats / (heads * length * length);
    return std::clamp<std::int64_t>(std::max(cached, (threads + heads - 1) / heads), 1, batch);
  }
};

/// What both passes read, as plain pointers.
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
            .scale = layout.scale(),
            .kept = kept + sequence * layout.length,
            .first = static_cast<std::size_t>((head * layout.length + i) * layout.length),
            .dropout = dropout};
  }
};

/// Sequences that are worked on together.
struct Group {
  std::int64_t first, count;
};

/// Calls `work` for one group after the other.
template <class Work>
void for_each_group(const Layout& layout, const Work& work) {
  for (std::int64_t first = 0; first < layout.batch; first += layout.group())
    work(Group{first, std::min(layout.group(), layout.batch - first)});
}

/// Calls `work(head, i, offset)` for all rows i of all heads of a group, counted over the batch, on all
/// threads, the rows of one head on the same; `offset` is where the row is in the group's matrices [S, S].
template <class Work>
void for_each_row(const Layout& layout, const Group& group, const Work& work) {
  at::parallel_for(0, group.count * layout.heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t head = begin; head < end; ++head) {
      for (std::int64_t i = 0; i < layout.length; ++i)
        work(group.first * layout.heads + head, i, (head * layout.length + i) * layout.length);
    }
  });
}

/// The products of one group; the letters are the sizes of a head's matrices: S tokens, D = H / heads.
class GroupProducts {
 public:
  GroupProducts(const Layout& layout, const Group& group) : layout_(layout), group_(group) {}

  /// [S, D] by [D, S]: of two tensors [B, S, H], the second transposed, to matrices [S, S] of the group.
  void compare(const float* a, const float* b, float* out) const {
    multiply_heads(shape(layout_.length, layout_.head_size()), {a + tokens_before(), layout_.tokens()},
                   {b + tokens_before(), layout_.tokens_transposed()}, out, layout_.ratios());
  }
  /// [S, S] by [S, D]: matrices of the group, or their transposes, and a tensor [B, S, H], to such a tensor.
  void gather(const float* weights, bool transposed, const float* values, float* out) const {
    const HeadStrides strides = transposed ? layout_.ratios_transposed() : layout_.ratios();
    multiply_heads(shape(layout_.head_size(), layout_.length), {weights, strides},
                   {values + tokens_before(), layout_.tokens()}, out + tokens_before(), layout_.tokens());
  }
  std::int64_t ratios_before() const { return group_.first * layout_.ratios().sequence; }

 private:
  HeadProductShape shape(std::int64_t columns, std::int64_t inner) const {
    return {group_.count, layout_.heads, layout_.length, columns, inner};
  }
  std::int64_t tokens_before() const { return group_.first * layout_.tokens().sequence; }

  const Layout& layout_;
  Group group_;
};

/// Uninitialised matrices [S, S] of a group.
Tensor scratch_for(const Layout& layout) {
  return at::empty({layout.group() * layout.ratios().sequence}, torch::kFloat32);
}

void forward_group(const Heads& heads, const Group& group, float* all_ratios, float* weights,
                   float* context) {
  const Layout& layout = heads.layout;
  const GroupProducts products(layout, group);
  float* ratios = all_ratios + products.ratios_before();
  products.compare(heads.query, heads.key, ratios);
  for_each_row(layout, group, [&](std::int64_t head, std::int64_t i, std::int64_t offset) {
    const SoftmaxRow row = heads.row(head, i);
    softmax_row(row, ratios + offset, weights + offset);
    std::fill(weights + offset + row.keys, weights + offset + layout.length, 0.0F);
  });
  products.gather(weights, /*transposed=*/false, heads.value, context);
}

/// Where the backward pass writes.
struct HeadGradients {
  float *query, *key, *value;
  float* kept;  ///< [B, heads, S], or null
};

struct BackwardInput {
  const float* ratios;   ///< [B, heads, S, S]
  const float* context;  ///< gradient of the result, [B, S, H]
};

struct BackwardScratch {
  float *gradient, *weights;  ///< matrices [S, S] of a group each
};

void backward_group(const Heads& heads, const Group& group, const BackwardInput& input,
                    const HeadGradients& out, const BackwardScratch& scratch) {
  const Layout& layout = heads.layout;
  const GroupProducts products(layout, group);
  const float* ratios = input.ratios + products.ratios_before();
  products.compare(input.context, heads.value, scratch.gradient);
  for_each_row(layout, group, [&](std::int64_t head, std::int64_t i, std::int64_t offset) {
    const SoftmaxRow row = heads.row(head, i);
    float* const gradient = scratch.gradient + offset;
    float* const weights = scratch.weights + offset;
    float* const kept = out.kept != nullptr ? out.kept + head * layout.length : nullptr;
    softmax_row_backward(row, ratios + offset, gradient, weights, kept);
    std::fill(gradient + row.keys, gradient + layout.length, 0.0F);
    std::fill(weights + row.keys, weights + layout.length, 0.0F);
  });
  products.gather(scratch.weights, /*transposed=*/true, input.context, out.value);
  products.gather(scratch.gradient, /*transposed=*/false, heads.key, out.query);
  products.gather(scratch.gradient, /*transposed=*/true, heads.query, out.key);
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
    const Tensor ratios = at::empty({layout.batch, heads, layout.length, layout.length}, query.options());
    const Tensor context = at::empty_like(query);
    const Tensor weights = scratch_for(layout);
    for_each_group(layout, [&](const Group& group) {
      forward_group(parts, group, ratios.data_ptr<float>(), weights.data_ptr<float>(),
                    context.data_ptr<float>());
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
    const Tensor context = gradients[0].contiguous();
    const Tensor query = at::empty_like(saved[0]), key = at::empty_like(saved[1]),
                 value = at::empty_like(saved[2]);
    const bool kept_wanted = ctx->needs_input_grad(3);
    Tensor kept;
    if (kept_wanted) kept = at::zeros({layout.batch, heads, layout.length}, query.options());
    const HeadGradients out{query.data_ptr<float>(), key.data_ptr<float>(), value.data_ptr<float>(),
                            kept_wanted ? kept.data_ptr<float>() : nullptr};
    const Tensor gradient = scratch_for(layout), weights = scratch_for(layout);
    for_each_group(layout, [&](const Group& group) {
      backward_group(parts, group, {saved[5].data_ptr<float>(), context.data_ptr<float>()}, out,
                     {gradient.data_ptr<float>(), weights.data_ptr<float>()});
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
