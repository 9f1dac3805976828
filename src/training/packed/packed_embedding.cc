#include "training/packed/packed_embedding.h"

#include <algorithm>

#include "training/kernels/layer_kernels.h"
#include "training/packed/row_blocks.h"
#include "training/tensors/table_rows.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// What the backward pass reads.
struct EmbeddingState : torch::CustomClassHolder {
  EmbeddingTables weights;
  std::shared_ptr<const EmbeddingRows> rows;
  std::shared_ptr<const TokenPacking> packing;
  EmbeddingOptions options;
  Tensor normal, inverse_deviation;

  std::int64_t columns() const { return weights.words.size(1); }
  std::int64_t tokens() const { return packing->tokens(); }

  ResidualNorm norm(std::int64_t count) const {
    return {.rows = static_cast<std::size_t>(count),
            .columns = static_cast<std::size_t>(columns()),
            .epsilon = static_cast<float>(options.epsilon),
            .gamma = weights.norm.weight.data_ptr<float>(),
            .beta = weights.norm.bias.data_ptr<float>(),
            .dropout = {}};
  }

  /// Dropout of rows [count, E] from row `first` on, in place.
  void drop(float* values, std::int64_t first, std::int64_t count) const {
    if (options.dropout.probability <= 0) return;
    const auto size = static_cast<std::size_t>(columns());
    for (std::int64_t i = 0; i < count; ++i) {
      const std::span row(values + i * columns(), size);
      dropout_range(row, row, static_cast<std::size_t>(packing->places[first + i]) * size, options.dropout);
    }
  }
};

void sum_table_rows(const EmbeddingState& state, std::int64_t token, float* out) {
  const std::int64_t columns = state.columns();
  const EmbeddingRows& rows = *state.rows;
  const float* word = state.weights.words.data_ptr<float>() + rows.words[token] * columns;
  const float* position = state.weights.positions.data_ptr<float>() + rows.positions[token] * columns;
  const float* type = state.weights.types.data_ptr<float>() + rows.types[token] * columns;
  for (std::int64_t i = 0; i < columns; ++i) out[i] = word[i] + type[i] + position[i];
}

Tensor embed_rows(EmbeddingState& state) {
  const std::int64_t columns = state.columns();
  const Tensor out = at::empty({state.tokens(), columns}, torch::kFloat32);
  state.normal = at::empty_like(out);
  state.inverse_deviation = at::empty({state.tokens()}, torch::kFloat32);
  for_each_block(state.tokens(), [&](std::int64_t, std::int64_t first, std::int64_t count) {
    float* const values = out.data_ptr<float>() + first * columns;
    for (std::int64_t i = 0; i < count; ++i) sum_table_rows(state, first + i, values + i * columns);
    normalize_rows(state.norm(count), {.x = values,
                                       .normal = state.normal.data_ptr<float>() + first * columns,
                                       .inverse_deviation = state.inverse_deviation.data_ptr<float>() + first,
                                       .out = values});
    state.drop(values, first, count);
  });
  return out;
}

/// Of the sums of rows [T, E], and of the norm.
struct SumGradients {
  Tensor sum, gamma, beta;
};

SumGradients norm_backward(const EmbeddingState& state, const Tensor& given) {
  const std::int64_t columns = state.columns();
  const Tensor gradient = given.clone(at::MemoryFormat::Contiguous);
  SumGradients out{.sum = at::empty_like(gradient), .gamma = {}, .beta = {}};
  const ColumnSums sums(state.tokens(), 2 * columns);
  for_each_block(state.tokens(), [&](std::int64_t block, std::int64_t first, std::int64_t count) {
    float* const values = gradient.data_ptr<float>() + first * columns;
    state.drop(values, first, count);
    normalize_rows_backward(state.norm(count),
                            {.gradient = values,
                             .normal = state.normal.data_ptr<float>() + first * columns,
                             .inverse_deviation = state.inverse_deviation.data_ptr<float>() + first,
                             .residual_gradient = out.sum.data_ptr<float>() + first * columns,
                             .x_gradient = {},
                             .gamma_sum = sums.of_block(block),
                             .beta_sum = sums.of_block(block) + columns});
  });
  const Tensor total = sums.total();
  out.gamma = total.slice(0, 0, columns);
  out.beta = total.slice(0, columns);
  return out;
}

/// The gradient of a table of which `ids` were used.
Tensor table_gradient(const Tensor& table, const std::vector<std::int64_t>& ids, const Tensor& sums,
                      std::int64_t fixed) {
  const Tensor gradient = at::zeros_like(table);
  const std::int64_t columns = table.size(1);
  float* const rows = gradient.data_ptr<float>();
  const float* from = sums.data_ptr<float>();
  for (const std::int64_t id : ids) {
    if (id != fixed)
      std::transform(from, from + columns, rows + id * columns, rows + id * columns, std::plus<>());
    from += columns;
  }
  return gradient;
}

class PackedEmbedding : public Function<PackedEmbedding> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& words, const Tensor& positions,
                        const Tensor& types, const Tensor& gamma, const Tensor& beta,
                        const std::shared_ptr<TableRows>& word_rows,
                        const std::shared_ptr<const EmbeddingRows>& rows,
                        const std::shared_ptr<const TokenPacking>& packing, const EmbeddingOptions& options) {
    auto state = c10::make_intrusive<EmbeddingState>();
    state->weights = {words, positions, types, {gamma, beta}, word_rows};
    state->rows = rows;
    state->packing = packing;
    state->options = options;
    const Tensor result = embed_rows(*state);
    ctx->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
    return result;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto capsule = ctx->saved_data["state"].toCapsule();
    const auto& state = static_cast<const EmbeddingState&>(*capsule);
    const SumGradients out = norm_backward(state, gradients[0]);
    const EmbeddingRows& rows = *state.rows;
    Tensor words;
    if (state.weights.word_rows) {
      state.weights.word_rows->add(rows.words, out.sum.data_ptr<float>(), rows.fixed_word);
    } else {
      words = table_gradient(state.weights.words, rows.words, out.sum, rows.fixed_word);
    }
    return {words,
            table_gradient(state.weights.positions, rows.positions, out.sum, rows.fixed_position),
            table_gradient(state.weights.types, rows.types, out.sum, -1),
            out.gamma,
            out.beta,
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor()};
  }
};

}  // namespace

Tensor packed_embedding(const EmbeddingTables& weights, std::shared_ptr<const EmbeddingRows> rows,
                        std::shared_ptr<const TokenPacking> packing, const EmbeddingOptions& options) {
  if (weights.word_rows) weights.word_rows->prepare(rows->words);
  return PackedEmbedding::apply(weights.words, weights.positions, weights.types, weights.norm.weight,
                                weights.norm.bias, weights.word_rows, rows, packing, options);
}

}  // namespace transkimmer
