#include "runtime/cpu/encoder_weights.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "compute/kernels/attention.h"
#include "compute/usable_precision.h"
#include "model/relative_bias.h"
#include "model/weight_specs.h"

namespace transkimmer {
namespace {

/// bf16 wherever products are not in f32 and the machine can.
Precision usable_attention_precision(const ModelSpec& spec, Precision precision) {
  const bool rounded =
      precision != Precision::f32 && std::ranges::all_of(spec.layers, [&](const LayerSpec& layer) {
        return can_attend_rounded(static_cast<std::size_t>(spec.head_size(layer)));
      });
  return rounded ? Precision::bf16 : Precision::f32;
}

/// Packs the weights of one model.
class Source {
 public:
  Source(const ModelSpec& spec, const ModelWeights& weights, int panels, MatrixKernelCache& kernels,
         Precision precision)
      : spec_(spec),
        hidden_(static_cast<std::size_t>(spec.hidden_size)),
        predictor_(static_cast<std::size_t>(spec.skim.predictor_size)),
        weights_(weights),
        panels_(panels),
        kernels_(kernels),
        precision_(precision),
        rounded_attention_(usable_attention_precision(spec, precision) == Precision::bf16) {}

  LayerWeights layer(std::size_t index) const {
    const LayerSpec& layer = spec_.layers[index];
    const LayerNames names = layer_names(index);
    const auto wide = static_cast<std::size_t>(layer.feed_forward.size);
    const LinearShape in = {hidden_, wide, layer.feed_forward.activation, precision_,
                            precision_ != Precision::f32};
    return {static_cast<std::size_t>(layer.attention.heads),
            query(names, static_cast<std::size_t>(spec_.head_size(layer))),
            key_value(names),
            linear(names.attention_output, {hidden_, hidden_, Activation::none, precision_}),
            norm(names.attention_norm),
            linear(names.feed_forward_in, in),
            linear(names.feed_forward_out, {wide, hidden_, Activation::none, precision_}),
            norm(names.output_norm)};
  }

  PredictorWeights predictor(std::size_t index) const {
    const PredictorNames names = predictor_names(index);
    std::vector<float> weight = floats(names.projection + ".weight");
    std::vector<float> bias = floats(names.projection + ".bias");
    fold(norm(names.input_norm), weight, bias);
    const std::vector<float> last = floats(names.decision + ".weight");
    const std::vector<float> last_bias = floats(names.decision + ".bias");
    std::vector<float> decision(predictor_);
    for (std::size_t j = 0; j < predictor_; ++j) decision[j] = last[predictor_ + j] - last[j];
    const std::vector<float> no_bias(predictor_);
    PredictorWeights predictor{pack({hidden_, predictor_, Activation::none}, weight, no_bias),
                               std::move(bias),
                               norm(names.projection_norm),
                               std::move(decision),
                               last_bias[1] - last_bias[0],
                               {}};
    if (predictors_round_first())
      add_rounded_projection(
          predictor, pack({hidden_, predictor_, Activation::none, Precision::bf16}, weight, no_bias), weight);
    return predictor;
  }

  RelativeBias relative_bias() const {
    if (spec_.relative_bias.buckets == 0) return {};
    const std::int64_t longest = spec_.embeddings.max_tokens();
    return {bias_by_distance(spec_.relative_bias, floats(relative_bias_name()), longest),
            static_cast<std::size_t>(longest)};
  }

  EmbeddingWeights embeddings() const {
    const EmbeddingNames names = embedding_names();
    const auto columns = static_cast<std::size_t>(embedding_columns(spec_));
    std::optional<PackedLinear> projection;
    if (spec_.embeddings.size > 0) projection = linear(names.projection, {columns, hidden_});
    return {floats(names.words), floats(names.positions),
            spec_.embeddings.types > 0 ? floats(names.types) : std::vector<float>(columns), norm(names.norm),
            std::move(projection)};
  }

 private:
  std::vector<float> floats(const std::string& name) const { return weights_.floats(name); }
  NormParameters norm(const std::string& name) const {
    return {floats(name + ".weight"), floats(name + ".bias")};
  }
  PackedLinear pack(const LinearShape& shape, const std::vector<float>& weight,
                    const std::vector<float>& bias) const {
    return PackedLinear(shape, weight, bias, panels_, kernels_);
  }
  PackedLinear linear(const std::string& name, const LinearShape& shape) const {
    return pack(shape, floats(name + ".weight"), floats(name + ".bias"));
  }

  /// Next to layers in f32 a predictor takes little time, and without bf16 instructions there is none to
  /// save.
  bool predictors_round_first() const {
    return precision_ != Precision::f32 && usable_precision(Precision::bf16) == Precision::bf16;
  }

  PackedLinear query(const LayerNames& names, std::size_t head_size) const {
    std::vector<float> weight = floats(names.query + ".weight");
    std::vector<float> bias = floats(names.query + ".bias");
    const float scale = 1.0F / std::sqrt(static_cast<float>(head_size));
    for (float& value : weight) value *= scale;
    for (float& value : bias) value *= scale;
    return pack({hidden_, hidden_, Activation::none, precision_, rounded_attention_}, weight, bias);
  }

  PackedLinear key_value(const LayerNames& names) const {
    std::vector<float> weight = floats(names.key + ".weight");
    std::vector<float> bias = floats(names.key + ".bias");
    const std::vector<float> value_weight = floats(names.value + ".weight");
    const std::vector<float> value_bias = floats(names.value + ".bias");
    weight.insert(weight.end(), value_weight.begin(), value_weight.end());
    bias.insert(bias.end(), value_bias.begin(), value_bias.end());
    return pack({hidden_, 2 * hidden_, Activation::none, precision_, rounded_attention_}, weight, bias);
  }

  /// See PredictorWeights. In double: it happens once.
  void fold(const NormParameters& norm, std::vector<float>& weight, std::vector<float>& bias) const {
    std::vector<double> folded(weight.size()), shifted(predictor_);
    for (std::size_t row = 0; row < predictor_; ++row) {
      shifted[row] = bias[row];
      for (std::size_t column = 0; column < hidden_; ++column) {
        const double value = weight[row * hidden_ + column];
        shifted[row] += value * norm.beta[column];
        folded[row * hidden_ + column] = value * norm.gamma[column];
      }
    }
    for (std::size_t row = 0; row < predictor_; ++row) take_mean_out(folded, row * hidden_, 1, hidden_);
    for (std::size_t column = 0; column < hidden_; ++column)
      take_mean_out(folded, column, hidden_, predictor_);
    take_mean_out(shifted, 0, 1, predictor_);
    std::ranges::transform(folded, weight.begin(), [](double value) { return static_cast<float>(value); });
    std::ranges::transform(shifted, bias.begin(), [](double value) { return static_cast<float>(value); });
  }

  /// Of `count` values, `stride` apart.
  static void take_mean_out(std::vector<double>& values, std::size_t first, std::size_t stride,
                            std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += values[first + i * stride];
    for (std::size_t i = 0; i < count; ++i) values[first + i * stride] -= sum / static_cast<double>(count);
  }

  const ModelSpec& spec_;
  std::size_t hidden_, predictor_;
  const ModelWeights& weights_;
  int panels_;
  MatrixKernelCache& kernels_;
  Precision precision_;
  bool rounded_attention_;
};

/// What a predictor multiplies every row by.
PackedLinear& first_product(PredictorWeights& predictor) {
  return predictor.rounded ? predictor.rounded->linear : predictor.projection;
}

/// Tells every product which one follows it.
void put_in_order(std::vector<LayerWeights>& layers, std::vector<PredictorWeights>& predictors) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerWeights& layer = layers[i];
    layer.query.precede(layer.key_value);
    layer.key_value.precede(layer.attention_output);
    layer.attention_output.precede(layer.intermediate);
    layer.intermediate.precede(layer.output);
    if (!predictors.empty()) first_product(predictors[i]).precede(layer.query);
    if (i + 1 < layers.size())
      layer.output.precede(predictors.empty() ? layers[i + 1].query : first_product(predictors[i + 1]));
  }
}

}  // namespace

EncoderWeights EncoderWeights::pack(const ModelSpec& spec, const ModelWeights& weights, bool with_predictors,
                                    int panels, MatrixKernelCache& kernels, Precision precision) {
  const Source source(spec, weights, panels, kernels, precision);
  EncoderWeights packed{source.embeddings(),
                        source.relative_bias(),
                        {},
                        {},
                        precision,
                        usable_attention_precision(spec, precision)};
  const std::size_t layers = spec.layers.size();
  for (std::size_t i = 0; i < layers; ++i) packed.layers.push_back(source.layer(i));
  for (std::size_t i = 0; with_predictors && i < layers; ++i)
    packed.predictors.push_back(source.predictor(i));
  put_in_order(packed.layers, packed.predictors);
  return packed;
}

}  // namespace transkimmer
