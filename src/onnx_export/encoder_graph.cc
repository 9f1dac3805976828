#include "onnx_export/encoder_graph.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "onnx_export/graph_builder.h"

namespace transkimmer {
namespace {

/// What PyTorch's BERT adds to the scores of padding.
constexpr float kMasked = -10000.0F;

struct QuantizedRows {
  std::vector<std::int8_t> values;
  std::vector<float> scales;  ///< one a row
};

/// Symmetric: the largest magnitude of a row becomes 127.
QuantizedRows quantize_rows(const std::vector<float>& values, std::size_t rows) {
  constexpr float kLargest = 127;
  const std::size_t columns = values.size() / rows;
  QuantizedRows quantized;
  quantized.values.reserve(values.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> of_row(values.data() + row * columns, columns);
    float largest = 0;
    for (const float value : of_row) largest = std::max(largest, std::abs(value));
    const float scale = largest > 0 ? largest / kLargest : 1;
    quantized.scales.push_back(scale);
    for (const float value : of_row)
      quantized.values.push_back(static_cast<std::int8_t>(std::lround(value / scale)));
  }
  return quantized;
}

class EncoderGraph {
 public:
  EncoderGraph(const ModelConfig& config, const ModelWeights& weights, OnnxProducts products,
               onnx::GraphProto& graph)
      : config_(config), weights_(weights), products_(products), graph_(graph) {}

  void build() {
    ids_ = graph_.token_input("input_ids");
    mask_ = graph_.token_input("attention_mask");
    add_constants();
    std::string hidden = embed();
    const std::string bias = attention_bias();
    for (std::int64_t layer = 0; layer < config_.num_hidden_layers; ++layer)
      hidden = run_layer("encoder.layer." + std::to_string(layer), hidden, bias);
    add_head(hidden);
  }

 private:
  void add_constants() {
    graph_.scalar("one", 1);
    graph_.scalar("half", 0.5F);
    graph_.scalar("sqrt_two", std::sqrt(2.0F));
    graph_.scalar("sqrt_head_size", std::sqrt(static_cast<float>(config_.head_size())));
    graph_.integers("heads_shape", {0, 0, config_.num_attention_heads, config_.head_size()});
    graph_.integers("hidden_shape", {0, 0, config_.hidden_size});
  }

  std::string weight(const std::string& name) {
    const TensorView& view = weights_.at(name);
    return graph_.floats(name, to_floats(view), view.shape);
  }

  /// A matrix [out, in] as MatMul multiplies with it: [in, out].
  template <typename T>
  static std::vector<T> transposed(const std::vector<T>& rows, std::size_t out) {
    const std::size_t in = rows.size() / out;
    std::vector<T> columns(rows.size());
    for (std::size_t i = 0; i < out; ++i)
      for (std::size_t j = 0; j < in; ++j) columns[j * out + i] = rows[i * in + j];
    return columns;
  }

  std::string product(const std::string& name, const std::string& x) {
    const TensorView& view = weights_.at(name + ".weight");
    const auto out = static_cast<std::size_t>(view.shape[0]);
    const std::string matrix = graph_.floats(name + ".weight_transposed", transposed(to_floats(view), out),
                                             {view.shape[1], view.shape[0]});
    return graph_.node("MatMul", {x, matrix}, name + "/MatMul");
  }

  std::string int8_product(const std::string& name, const std::string& x) {
    const TensorView& view = weights_.at(name + ".weight");
    const auto out = static_cast<std::size_t>(view.shape[0]);
    const QuantizedRows rows = quantize_rows(to_floats(view), out);
    const std::string matrix = graph_.int8s(name + ".weight_quantized", transposed(rows.values, out),
                                            {view.shape[1], view.shape[0]});
    const std::string scales = graph_.floats(name + ".weight_scale", rows.scales, {view.shape[0]});
    const std::string zeros =
        graph_.int8s(name + ".weight_zero_point", std::vector<std::int8_t>(out, 0), {view.shape[0]});
    quantize(x);
    const std::string sums = graph_.node(
        "MatMulInteger", {x + "_quantized", matrix, x + "_zero_point", zeros}, name + "/MatMulInteger");
    const std::string reals =
        graph_.node("Cast", {sums}, name + "/Cast", {{"to", std::int64_t{onnx::TensorProto::FLOAT}}});
    const std::string scale = graph_.node("Mul", {x + "_scale", scales}, name + "/scale");
    return graph_.node("Mul", {reals, scale}, name + "/scaled");
  }

  /// Once for all products that read it.
  void quantize(const std::string& x) {
    if (quantized_.insert(x).second)
      graph_.node_of_several("DynamicQuantizeLinear", {x},
                             {x + "_quantized", x + "_scale", x + "_zero_point"});
  }

  std::string add_bias(const std::string& name, const std::string& x) {
    return graph_.node("Add", {x, weight(name + ".bias")}, name + "/Add");
  }

  std::string linear(const std::string& name, const std::string& x) {
    const bool integers = products_ == OnnxProducts::int8;
    return add_bias(name, integers ? int8_product(name, x) : product(name, x));
  }

  std::string layer_norm(const std::string& name, const std::string& x) {
    return graph_.node("LayerNormalization", {x, weight(name + ".weight"), weight(name + ".bias")},
                       name + "/LayerNormalization",
                       {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(config_.layer_norm_eps)}});
  }

  // ---- Embeddings

  std::string embed() {
    const std::string words =
        graph_.node("Gather", {weight("embeddings.word_embeddings.weight"), ids_}, "embeddings/words");
    const std::string sum = graph_.node("Add", {words, types()}, "embeddings/words_types");
    const std::string all = graph_.node("Add", {sum, positions()}, "embeddings/sum");
    return layer_norm("embeddings.LayerNorm", all);
  }

  /// RoBERTa's tokens are all of type 0, unless its table of types has more.
  std::string types() {
    const std::string table = weight("embeddings.token_type_embeddings.weight");
    const bool given = config_.architecture == Architecture::bert || config_.type_vocab_size > 1;
    const std::string which =
        given ? graph_.token_input("token_type_ids") : graph_.integer("embeddings/type", 0);
    return graph_.node("Gather", {table, which}, "embeddings/types");
  }

  std::string positions() {
    const std::string table = weight("embeddings.position_embeddings.weight");
    if (config_.architecture == Architecture::roberta)
      return graph_.node("Gather", {table, roberta_positions()}, "embeddings/positions");
    const std::string shape = graph_.node("Shape", {ids_}, "embeddings/shape");
    const std::string length = graph_.node("Gather", {shape, graph_.integers("embeddings/second", {1})},
                                           "embeddings/length", {{"axis", std::int64_t{0}}});
    return graph_.node("Slice", {table, graph_.integers("embeddings/first", {0}), length},
                       "embeddings/positions");
  }

  /// cumulative sum of (id != pad), counted from the padding id on (transformers:
  /// create_position_ids_from_input_ids).
  std::string roberta_positions() {
    const std::string pad = graph_.integer("embeddings/pad", config_.pad_token_id);
    const std::string is_pad = graph_.node("Equal", {ids_, pad}, "embeddings/is_pad");
    const std::string is_token = graph_.node("Not", {is_pad}, "embeddings/is_token");
    const std::string ones = graph_.node("Cast", {is_token}, "embeddings/tokens",
                                         {{"to", std::int64_t{onnx::TensorProto::INT64}}});
    const std::string count =
        graph_.node("CumSum", {ones, graph_.integer("embeddings/axis", 1)}, "embeddings/count");
    const std::string counted = graph_.node("Mul", {count, ones}, "embeddings/counted");
    return graph_.node("Add", {counted, pad}, "embeddings/position_ids");
  }

  // ---- Layers

  /// 0 for tokens and kMasked for padding, [batch, 1, 1, sequence].
  std::string attention_bias() {
    const std::string once =
        graph_.node("Unsqueeze", {mask_, graph_.integers("mask/axis_1", {1})}, "mask/Unsqueeze_1");
    const std::string twice =
        graph_.node("Unsqueeze", {once, graph_.integers("mask/axis_2", {2})}, "mask/Unsqueeze_2");
    const std::string real =
        graph_.node("Cast", {twice}, "mask/Cast", {{"to", std::int64_t{onnx::TensorProto::FLOAT}}});
    const std::string padding = graph_.node("Sub", {"one", real}, "mask/Sub");
    return graph_.node("Mul", {padding, graph_.scalar("mask/masked", kMasked)}, "mask/Mul");
  }

  std::string heads(const std::string& name, const std::string& x, std::vector<std::int64_t> order) {
    const std::string split = graph_.node("Reshape", {linear(name, x), "heads_shape"}, name + "/Reshape");
    return graph_.node("Transpose", {split}, name + "/Transpose", {{"perm", std::move(order)}});
  }

  std::string attention(const std::string& name, const std::string& x, const std::string& bias) {
    const std::string query = heads(name + ".query", x, {0, 2, 1, 3});
    const std::string key = heads(name + ".key", x, {0, 2, 3, 1});
    const std::string value = heads(name + ".value", x, {0, 2, 1, 3});
    const std::string products = graph_.node("MatMul", {query, key}, name + "/MatMul");
    const std::string scores = graph_.node("Div", {products, "sqrt_head_size"}, name + "/Div");
    const std::string masked = graph_.node("Add", {scores, bias}, name + "/Add");
    const std::string weights =
        graph_.node("Softmax", {masked}, name + "/Softmax", {{"axis", std::int64_t{-1}}});
    const std::string context = graph_.node("MatMul", {weights, value}, name + "/context");
    const std::string turned = graph_.node("Transpose", {context}, name + "/Transpose",
                                           {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    return graph_.node("Reshape", {turned, "hidden_shape"}, name + "/Reshape");
  }

  std::string gelu(const std::string& name, const std::string& x) {
    const std::string scaled = graph_.node("Div", {x, "sqrt_two"}, name + "/Div");
    const std::string erf = graph_.node("Erf", {scaled}, name + "/Erf");
    const std::string above = graph_.node("Add", {erf, "one"}, name + "/Add_1");
    const std::string product = graph_.node("Mul", {x, above}, name + "/Mul");
    return graph_.node("Mul", {product, "half"}, name + "/Mul_1");
  }

  /// LayerNorm(linear(x) + residual)
  std::string add_and_norm(const std::string& name, const std::string& x, const std::string& residual) {
    const std::string sum = graph_.node("Add", {linear(name + ".dense", x), residual}, name + "/residual");
    return layer_norm(name + ".LayerNorm", sum);
  }

  std::string run_layer(const std::string& name, const std::string& hidden, const std::string& bias) {
    const std::string context = attention(name + ".attention.self", hidden, bias);
    const std::string attended = add_and_norm(name + ".attention.output", context, hidden);
    const std::string wide = linear(name + ".intermediate.dense", attended);
    return add_and_norm(name + ".output", gelu(name + ".intermediate", wide), attended);
  }

  // ---- Head

  void add_head(const std::string& hidden) {
    switch (config_.head) {
      case HeadKind::classification:
      case HeadKind::regression:
        return add_classifier(hidden);
      case HeadKind::question_answering:
        return add_span_head(hidden);
      case HeadKind::none:
      case HeadKind::masked_lm:
        graph_.node("Identity", {hidden}, "last_hidden_state");
        graph_.output("last_hidden_state", {"batch", "sequence", std::to_string(config_.hidden_size)});
    }
  }

  std::string gemm(const std::string& name, const std::string& x, const std::string& result) {
    return graph_.node("Gemm", {x, weight(name + ".weight"), weight(name + ".bias")}, result,
                       {{"transB", std::int64_t{1}}});
  }

  void add_classifier(const std::string& hidden) {
    const bool roberta = config_.architecture == Architecture::roberta;
    const std::string first = graph_.node("Gather", {hidden, graph_.integer("pooler/first_token", 0)},
                                          "pooler/Gather", {{"axis", std::int64_t{1}}});
    const std::string dense = gemm(roberta ? "classifier.dense" : "pooler.dense", first, "pooler/Gemm");
    const std::string pooled = graph_.node("Tanh", {dense}, "pooler/Tanh");
    gemm(roberta ? "classifier.out_proj" : "classifier", pooled, "logits");
    graph_.output("logits", {"batch", std::to_string(config_.num_labels())});
  }

  void add_span_head(const std::string& hidden) {
    const std::string both = add_bias("qa_outputs", product("qa_outputs", hidden));
    graph_.node_of_several("Split", {both}, {"qa_outputs/start", "qa_outputs/end"},
                           {{"axis", std::int64_t{-1}}});
    const std::string axis = graph_.integers("qa_outputs/axis", {-1});
    graph_.node("Squeeze", {"qa_outputs/start", axis}, "start_logits");
    graph_.node("Squeeze", {"qa_outputs/end", axis}, "end_logits");
    graph_.output("start_logits", {"batch", "sequence"});
    graph_.output("end_logits", {"batch", "sequence"});
  }

  const ModelConfig& config_;
  const ModelWeights& weights_;
  OnnxProducts products_;
  std::set<std::string> quantized_;
  GraphBuilder graph_;
  std::string ids_, mask_;
};

}  // namespace

void build_encoder_graph(const ModelConfig& config, const ModelWeights& weights, OnnxProducts products,
                         onnx::GraphProto& graph) {
  graph.set_name("encoder");
  EncoderGraph(config, weights, products, graph).build();
}

}  // namespace transkimmer
