#include "training/packed/packed_layer.h"

#include <utility>

#include "training/packed/operands.h"
#include "training/packed/packed_attention.h"
#include "training/packed/row_blocks.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// The order in which autograd sees the weights.
std::vector<Tensor> as_list(const EncoderLayerWeights& w) {
  std::vector<Tensor> list;
  for (const AffineWeights* part : {&w.query, &w.key, &w.value, &w.attention_output, &w.attention_norm,
                                    &w.intermediate, &w.output, &w.output_norm}) {
    list.push_back(part->weight);
    list.push_back(part->bias);
  }
  list.push_back(w.relative_bias);
  return list;
}

EncoderLayerWeights from_list(at::TensorList list) {
  const auto part = [&](std::size_t i) { return AffineWeights{list[2 * i], list[2 * i + 1]}; };
  const Tensor& relative_bias = list[list.size() - 1];
  return {part(0), part(1), part(2),
          part(3), part(4), part(5),
          part(6), part(7), relative_bias.numel() > 0 ? relative_bias : Tensor()};
}

/// The weight matrices as operands.
struct LayerOperands {
  Tensor query, key_value, attention_output, intermediate, output;
};

LayerOperands make_operands(const EncoderLayerWeights& w, bool bf16) {
  return {.query = as_operand(w.query.weight, bf16),
          .key_value = stack_operands({w.key.weight, w.value.weight}, bf16),
          .attention_output = as_operand(w.attention_output.weight, bf16),
          .intermediate = as_operand(w.intermediate.weight, bf16),
          .output = as_operand(w.output.weight, bf16)};
}

/// What a norm's backward pass needs.
struct NormState {
  Tensor normal;             ///< [rows, H]
  Tensor inverse_deviation;  ///< [rows]
};

/// What the backward pass of a layer reads.
struct LayerState : torch::CustomClassHolder {
  std::shared_ptr<const PackedLayerTokens> tokens;
  PackedLayerOptions options;
  EncoderLayerWeights weights;
  LayerOperands operands;
  Tensor input, query_input;  ///< operands [K, H] and [Q, H]
  Tensor query, key_value;    ///< [Q, H] and [K, 2 H]
  Tensor kept, ratios;
  Tensor context;  ///< operand [Q, H]
  NormState attended_norm, output_norm;
  Tensor attended;   ///< operand [Q, H]
  Tensor expanded;   ///< [Q, I] before the activation
  Tensor activated;  ///< operand [Q, I]

  std::int64_t hidden_size() const { return query.size(1); }
  bool chooses() const { return !tokens->rows.empty(); }
};

PackedAttention attention_of(const LayerState& state) {
  return {.heads = state.options.heads,
          .hidden = state.hidden_size(),
          .queries = &state.tokens->queries,
          .keys = &state.tokens->keys,
          .dropout = state.options.attention_dropout,
          .gradient_of_return = state.options.gradient_of_return,
          .query = state.query.data_ptr<float>(),
          .key_value = state.key_value.data_ptr<float>(),
          .kept = state.kept.defined() ? state.kept.data_ptr<float>() : nullptr,
          .bias = state.weights.relative_bias.defined() ? state.weights.relative_bias.data_ptr<float>()
                                                        : nullptr};
}

/// The norm of rows from `first` on.
ResidualNorm norm_of(const LayerState& state, const AffineWeights& weights, const DropoutRule& dropout,
                     std::int64_t first, std::int64_t count) {
  return {.rows = static_cast<std::size_t>(count),
          .columns = static_cast<std::size_t>(state.hidden_size()),
          .epsilon = static_cast<float>(state.options.epsilon),
          .gamma = weights.weight.data_ptr<float>(),
          .beta = weights.bias.data_ptr<float>(),
          .dropout = {dropout, state.tokens->queries.places.data() + first}};
}

struct NormCall {
  const AffineWeights& weights;
  const DropoutRule& dropout;
};

/// LayerNorm(dropout(x) + residual) [Q, H]; rounds it to `operand` too where that is bf16.
Tensor add_and_normalize(const LayerState& state, const NormCall& call, const Tensor& x,
                         const Tensor& residual, NormState& kept, const Tensor& operand) {
  const std::int64_t columns = state.hidden_size();
  kept = {at::empty_like(x), at::empty({x.size(0)}, x.options())};
  const bool rounding = operand.defined() && operand.scalar_type() == torch::kBFloat16;
  const Tensor out = at::empty_like(x);
  for_each_block(x.size(0), [&](std::int64_t, std::int64_t first, std::int64_t count) {
    const std::int64_t at = first * columns;
    normalize_rows(norm_of(state, call.weights, call.dropout, first, count),
                   {.x = x.data_ptr<float>() + at,
                    .residual = residual.data_ptr<float>() + at,
                    .normal = kept.normal.data_ptr<float>() + at,
                    .inverse_deviation = kept.inverse_deviation.data_ptr<float>() + first,
                    .out = out.data_ptr<float>() + at,
                    .rounded = rounding ? operand_rows(operand, first).rounded : nullptr});
  });
  return out;
}

Tensor product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor out = at::empty({x.size(0), weight.size(0)}, torch::kFloat32);
  multiply_operands({x}, {weight, /*transposed=*/true}, out, {.bias = &bias});
  return out;
}

void run_attention(LayerState& state) {
  const LayerOperands& operands = state.operands;
  state.query = product(state.query_input, operands.query, state.weights.query.bias);
  state.key_value =
      product(state.input, operands.key_value, at::cat({state.weights.key.bias, state.weights.value.bias}));
  const PackedAttention attention = attention_of(state);
  state.ratios = at::empty({attention.ratios()}, torch::kFloat32);
  state.context = allocate_operand(state.query.size(0), state.hidden_size(), state.options.bf16);
  packed_attention(attention, state.ratios.data_ptr<float>(), operand_rows(state.context, 0));
}

void activate(LayerState& state) {
  const std::int64_t rows = state.expanded.size(0), columns = state.expanded.size(1);
  state.activated = allocate_operand(rows, columns, state.options.bf16);
  for_each_block(rows, [&](std::int64_t, std::int64_t first, std::int64_t count) {
    activate_values(state.options.activation, state.expanded.data_ptr<float>() + first * columns,
                    static_cast<std::size_t>(count * columns), operand_rows(state.activated, first));
  });
}

/// hidden [K, H] -> [Q, H]; fills the state.
Tensor run_layer(LayerState& state, const Tensor& hidden) {
  const bool bf16 = state.options.bf16;
  const Tensor own = state.chooses() ? gather_rows(hidden, state.tokens->rows) : hidden;
  state.input = as_operand(hidden, bf16);
  state.query_input = state.chooses() ? as_operand(own, bf16) : state.input;
  run_attention(state);
  const Tensor projected =
      product(state.context, state.operands.attention_output, state.weights.attention_output.bias);
  if (bf16) state.attended = at::empty(own.sizes(), torch::kBFloat16);
  const Tensor attended =
      add_and_normalize(state, {state.weights.attention_norm, state.options.attended_dropout}, projected, own,
                        state.attended_norm, state.attended);
  if (!bf16) state.attended = attended;
  state.expanded = product(state.attended, state.operands.intermediate, state.weights.intermediate.bias);
  activate(state);
  return add_and_normalize(state, {state.weights.output_norm, state.options.output_dropout},
                           product(state.activated, state.operands.output, state.weights.output.bias),
                           attended, state.output_norm, {});
}

/// Gradients of one residual norm.
struct NormGradients {
  Tensor residual;     ///< [Q, H]
  Tensor x;            ///< operand [Q, H]
  Tensor gamma, beta;  ///< [H]
  Tensor bias;         ///< [H]: sums of x over rows, for the product before
};

NormGradients normalize_backward(const LayerState& state, const NormCall& call, const NormState& kept,
                                 const Tensor& gradient) {
  const std::int64_t rows = gradient.size(0), columns = state.hidden_size();
  NormGradients out;
  out.residual = at::empty_like(gradient);
  out.x = allocate_operand(rows, columns, state.options.bf16);
  const ColumnSums sums(rows, 3 * columns);
  for_each_block(rows, [&](std::int64_t block, std::int64_t first, std::int64_t count) {
    const std::int64_t at = first * columns;
    float* const own = sums.of_block(block);
    normalize_rows_backward(norm_of(state, call.weights, call.dropout, first, count),
                            {.gradient = gradient.data_ptr<float>() + at,
                             .normal = kept.normal.data_ptr<float>() + at,
                             .inverse_deviation = kept.inverse_deviation.data_ptr<float>() + first,
                             .residual_gradient = out.residual.data_ptr<float>() + at,
                             .x_gradient = operand_rows(out.x, first),
                             .gamma_sum = own,
                             .beta_sum = own + columns,
                             .x_sum = own + 2 * columns});
  });
  const Tensor total = sums.total();
  out.gamma = total.slice(0, 0, columns);
  out.beta = total.slice(0, columns, 2 * columns);
  out.bias = total.slice(0, 2 * columns);
  return out;
}

/// The transpose of `gradient` [rows, out] by `input` [rows, in]: [out, in].
Tensor weight_gradient(const Tensor& gradient, const Tensor& input) {
  const Tensor out = at::empty({gradient.size(1), input.size(1)}, torch::kFloat32);
  multiply_operands({gradient, /*transposed=*/true}, {input}, out);
  return out;
}

Tensor input_gradient(const Tensor& gradient, const Tensor& weight) {
  const Tensor out = at::empty({gradient.size(0), weight.size(1)}, torch::kFloat32);
  multiply_operands({gradient}, {weight}, out);
  return out;
}

/// A gradient as an operand, and its sums over rows.
struct SummedOperand {
  Tensor operand, sums;
};

SummedOperand sum_and_round(const Tensor& x, bool bf16) {
  const std::int64_t columns = x.size(1);
  const Tensor operand = bf16 ? allocate_operand(x.size(0), columns, true) : x;
  const ColumnSums sums(x.size(0), columns);
  for_each_block(x.size(0), [&](std::int64_t block, std::int64_t first, std::int64_t count) {
    sum_rows(x.data_ptr<float>() + first * columns, static_cast<std::size_t>(count),
             static_cast<std::size_t>(columns), operand_rows(operand, first).rounded, sums.of_block(block));
  });
  return {operand, sums.total()};
}

/// In place of the gradient of the activation's result that of its argument.
SummedOperand activate_backward(const LayerState& state, const Tensor& gradient) {
  const std::int64_t rows = gradient.size(0), columns = gradient.size(1);
  const Tensor operand = allocate_operand(rows, columns, state.options.bf16);
  const ColumnSums sums(rows, columns);
  for_each_block(rows, [&](std::int64_t block, std::int64_t first, std::int64_t count) {
    const std::int64_t at = first * columns;
    activate_backward_rows(state.options.activation,
                           {.in = state.expanded.data_ptr<float>() + at,
                            .gradient = gradient.data_ptr<float>() + at,
                            .rows = static_cast<std::size_t>(count),
                            .columns = static_cast<std::size_t>(columns)},
                           operand_rows(operand, first), sums.of_block(block));
  });
  return {operand, sums.total()};
}

struct LayerGradients {
  Tensor hidden, kept;
  EncoderLayerWeights weights;
};

/// From the gradient of the layer's result to that of `attended`, its residual part included.
Tensor feed_forward_backward(const LayerState& state, const Tensor& gradient, EncoderLayerWeights& weights) {
  const NormGradients norm = normalize_backward(
      state, {state.weights.output_norm, state.options.output_dropout}, state.output_norm, gradient);
  weights.output_norm = {norm.gamma, norm.beta};
  weights.output = {weight_gradient(norm.x, state.activated), norm.bias};
  const SummedOperand expanded = activate_backward(state, input_gradient(norm.x, state.operands.output));
  weights.intermediate = {weight_gradient(expanded.operand, state.attended), expanded.sums};
  multiply_operands({expanded.operand}, {state.operands.intermediate}, norm.residual, {.accumulate = true});
  return norm.residual;
}

/// Gradients of the queries [Q, H] and of keys and values [K, 2 H].
struct ProjectionGradients {
  SummedOperand query, key_value;
};

/// Writes the gradients of masks and of the bias to `out`.
ProjectionGradients attention_backward(const LayerState& state, const Tensor& context, LayerGradients& out,
                                       bool kept_wanted) {
  const Tensor query = at::empty_like(state.query), key_value = at::empty_like(state.key_value);
  Tensor per_head;
  if (kept_wanted) per_head = at::zeros({state.options.heads, state.tokens->keys.tokens()}, torch::kFloat32);
  Tensor per_text;
  if (const Tensor& bias = state.weights.relative_bias; bias.defined())
    per_text = at::zeros({state.tokens->keys.batch, bias.size(0), bias.size(1)}, torch::kFloat32);
  packed_attention_backward(attention_of(state), state.ratios.data_ptr<float>(), context.data_ptr<float>(),
                            {.query = query.data_ptr<float>(),
                             .key_value = key_value.data_ptr<float>(),
                             .kept = kept_wanted ? per_head.data_ptr<float>() : nullptr,
                             .bias = per_text.defined() ? per_text.data_ptr<float>() : nullptr});
  if (kept_wanted) out.kept = at::sum(per_head, 0);
  if (per_text.defined()) out.weights.relative_bias = at::sum(per_text, 0);
  return {sum_and_round(query, state.options.bf16), sum_and_round(key_value, state.options.bf16)};
}

/// Splits what was computed of keys and values together.
void split_key_value(const LayerState& state, const SummedOperand& gradient, EncoderLayerWeights& weights) {
  const std::int64_t size = state.hidden_size();
  const Tensor weight = weight_gradient(gradient.operand, state.input);
  weights.key = {weight.slice(0, 0, size), gradient.sums.slice(0, 0, size)};
  weights.value = {weight.slice(0, size), gradient.sums.slice(0, size)};
}

/// The gradient of the layer's input, from the residual part of its rows [Q, H].
Tensor hidden_gradient(const LayerState& state, const ProjectionGradients& projections,
                       const Tensor& residual) {
  multiply_operands({projections.query.operand}, {state.operands.query}, residual, {.accumulate = true});
  const Tensor hidden =
      state.chooses() ? scatter_rows(residual, state.tokens->rows, state.tokens->keys.tokens()) : residual;
  multiply_operands({projections.key_value.operand}, {state.operands.key_value}, hidden,
                    {.accumulate = true});
  return hidden;
}

LayerGradients layer_backward(const LayerState& state, const Tensor& gradient, bool kept_wanted) {
  LayerGradients out;
  const Tensor attended = feed_forward_backward(state, gradient, out.weights);
  const NormGradients norm = normalize_backward(
      state, {state.weights.attention_norm, state.options.attended_dropout}, state.attended_norm, attended);
  out.weights.attention_norm = {norm.gamma, norm.beta};
  out.weights.attention_output = {weight_gradient(norm.x, state.context), norm.bias};
  const ProjectionGradients projections =
      attention_backward(state, input_gradient(norm.x, state.operands.attention_output), out, kept_wanted);
  out.weights.query = {weight_gradient(projections.query.operand, state.query_input), projections.query.sums};
  split_key_value(state, projections.key_value, out.weights);
  out.hidden = hidden_gradient(state, projections, norm.residual);
  return out;
}

class PackedLayer : public Function<PackedLayer> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& hidden, const Tensor& kept,
                        at::TensorList weights, const std::shared_ptr<const PackedLayerTokens>& tokens,
                        const PackedLayerOptions& options) {
    auto state = c10::make_intrusive<LayerState>();
    state->tokens = tokens;
    state->options = options;
    state->weights = from_list(weights);
    state->operands = make_operands(state->weights, options.bf16);
    if (kept.numel() > 0) state->kept = kept.contiguous();
    const Tensor result = run_layer(*state, hidden.contiguous());
    ctx->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
    return result;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto state = ctx->saved_data["state"].toCapsule();
    const bool kept_wanted = ctx->needs_input_grad(1);
    LayerGradients out =
        layer_backward(static_cast<const LayerState&>(*state), gradients[0].contiguous(), kept_wanted);
    tensor_list list = {out.hidden, out.kept};
    for (Tensor& gradient : as_list(out.weights)) list.push_back(std::move(gradient));
    list.insert(list.end(), 2, Tensor());
    return list;
  }
};

}  // namespace

Tensor packed_layer(const Tensor& hidden, const Tensor& kept, const EncoderLayerWeights& weights,
                    std::shared_ptr<const PackedLayerTokens> tokens, const PackedLayerOptions& options) {
  std::vector<Tensor> list = as_list(weights);
  // libtorch takes no undefined arguments here.
  const Tensor none = at::empty({0}, hidden.options().requires_grad(false));
  if (!list.back().defined()) list.back() = none;
  const Tensor mask = kept.defined() ? kept : none;
  return PackedLayer::apply(hidden, mask, at::TensorList(list), tokens, options);
}

}  // namespace transkimmer
