#include "onnx_export/encoder_graph.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/relative_bias.h"
#include "model/weight_specs.h"
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
  EncoderGraph(const ModelSpec& spec, const ModelWeights& weights, OnnxProducts products,
               onnx::GraphProto& graph)
      : spec_(spec), weights_(weights), products_(products), graph_(graph) {}

  void build() {
    ids_ = graph_.token_input("input_ids");
    mask_ = graph_.token_input("attention_mask");
    add_constants();
    std::string hidden = embed();
    std::string bias = attention_bias();
    if (spec_.relative_bias.buckets > 0)
      bias = graph_.node("Add", {bias, relative_bias()}, "relative_bias/masked");
    for (std::size_t layer = 0; layer < spec_.layers.size(); ++layer) hidden = run_layer(layer, hidden, bias);
    add_head(hidden);
  }

 private:
  void add_constants() {
    graph_.scalar("one", 1);
    graph_.scalar("half", 0.5F);
    graph_.scalar("sqrt_two", std::sqrt(2.0F));
    graph_.integers("hidden_shape", {0, 0, spec_.hidden_size});
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
                       {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(spec_.norm_epsilon)}});
  }

  // ---- Embeddings

  std::string embed() {
    const EmbeddingNames names = embedding_names();
    std::string sum = graph_.node("Gather", {weight(names.words), ids_}, "embeddings/words");
    if (spec_.embeddings.types > 0) sum = graph_.node("Add", {sum, types(names)}, "embeddings/words_types");
    sum = graph_.node("Add", {sum, positions(names)}, "embeddings/sum");
    const std::string normal = layer_norm(names.norm, sum);
    return spec_.embeddings.size == 0 ? normal
                                      : add_bias(names.projection, product(names.projection, normal));
  }

  std::string types(const EmbeddingNames& names) {
    const std::string which = spec_.embeddings.given_types ? graph_.token_input("token_type_ids")
                                                           : graph_.integer("embeddings/type", 0);
    return graph_.node("Gather", {weight(names.types), which}, "embeddings/types");
  }

  std::string positions(const EmbeddingNames& names) {
    const std::string table = weight(names.positions);
    if (spec_.embeddings.positions == Positions::behind_padding)
      return graph_.node("Gather", {table, positions_behind_padding()}, "embeddings/positions");
    return first_rows(table, "embeddings");
  }

  /// Of a constant as many rows as the sequences have tokens.
  std::string first_rows(const std::string& rows, const std::string& name) {
    const std::string shape = graph_.node("Shape", {ids_}, name + "/shape");
    const std::string length = graph_.node("Gather", {shape, graph_.integers(name + "/second", {1})},
                                           name + "/length", {{"axis", std::int64_t{0}}});
    return graph_.node("Slice", {rows, graph_.integers(name + "/first", {0}), length}, name + "/positions");
  }

  /// cumulative sum of (id != pad), counted from the padding id on (transformers:
  /// create_position_ids_from_input_ids).
  std::string positions_behind_padding() {
    const std::string pad = graph_.integer("embeddings/pad", spec_.embeddings.padding_id);
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

  /// [1, heads, sequence, sequence]: of each query and key what the table has for their distance.
  std::string relative_bias() {
    const std::int64_t longest = spec_.embeddings.max_tokens();
    std::vector<std::int64_t> places(static_cast<std::size_t>(longest));
    std::iota(places.begin(), places.end(), 0);
    const std::string name = "relative_bias";
    const std::string place = first_rows(graph_.integers(name + "/places", places), name);
    const std::string first_axis = graph_.integers(name + "/axis_0", {0});
    const std::string key = graph_.node("Unsqueeze", {place, first_axis}, name + "/keys");
    const std::string query =
        graph_.node("Unsqueeze", {place, graph_.integers(name + "/axis_1", {1})}, name + "/queries");
    const std::string distance = graph_.node("Sub", {key, query}, name + "/distances");
    const std::string column =
        graph_.node("Add", {distance, graph_.integer(name + "/middle", longest - 1)}, name + "/columns");
    const std::vector<float> values =
        bias_by_distance(spec_.relative_bias, to_floats(weights_.at(relative_bias_name())), longest);
    const std::string table =
        graph_.floats(name + "/by_distance", values, {spec_.layers.front().attention.heads, 2 * longest - 1});
    const std::string chosen =
        graph_.node("Gather", {table, column}, name + "/Gather", {{"axis", std::int64_t{1}}});
    return graph_.node("Unsqueeze", {chosen, first_axis}, name + "/Unsqueeze");
  }

  std::string heads(const LayerSpec& layer, const std::string& name, const std::string& x,
                    std::vector<std::int64_t> order) {
    const std::string split =
        graph_.node("Reshape", {linear(name, x), heads_shape(layer)}, name + "/Reshape");
    return graph_.node("Transpose", {split}, name + "/Transpose", {{"perm", std::move(order)}});
  }

  /// [batch, sequence, heads, head size] of a layer; layers that are alike share it.
  std::string heads_shape(const LayerSpec& layer) {
    const std::string name = "heads_shape_" + std::to_string(layer.attention.heads);
    if (constants_.insert(name).second)
      graph_.integers(name, {0, 0, layer.attention.heads, spec_.head_size(layer)});
    return name;
  }

  std::string sqrt_head_size(const LayerSpec& layer) {
    return constant("sqrt_head_size_" + std::to_string(spec_.head_size(layer)),
                    std::sqrt(static_cast<float>(spec_.head_size(layer))));
  }

  std::string attention(std::size_t index, const std::string& x, const std::string& bias) {
    const LayerSpec& layer = spec_.layers[index];
    const LayerNames names = layer_names(index);
    const std::string name = "layer." + std::to_string(index) + ".attention";
    const std::string query = heads(layer, names.query, x, {0, 2, 1, 3});
    const std::string key = heads(layer, names.key, x, {0, 2, 3, 1});
    const std::string value = heads(layer, names.value, x, {0, 2, 1, 3});
    const std::string products = graph_.node("MatMul", {query, key}, name + "/MatMul");
    const std::string scores = graph_.node("Div", {products, sqrt_head_size(layer)}, name + "/Div");
    const std::string masked = graph_.node("Add", {scores, bias}, name + "/Add");
    const std::string weights =
        graph_.node("Softmax", {masked}, name + "/Softmax", {{"axis", std::int64_t{-1}}});
    const std::string context = graph_.node("MatMul", {weights, value}, name + "/context");
    const std::string turned = graph_.node("Transpose", {context}, name + "/Transpose",
                                           {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    return graph_.node("Reshape", {turned, "hidden_shape"}, name + "/Reshape");
  }

  std::string activate(Activation activation, const std::string& name, const std::string& x) {
    switch (activation) {
      case Activation::none:
        return x;
      case Activation::gelu:
        return gelu(name, x);
      case Activation::tanh:
        return graph_.node("Tanh", {x}, name + "/Tanh");
      case Activation::relu:
        return graph_.node("Relu", {x}, name + "/Relu");
      case Activation::gelu_tanh:
        return gelu_tanh(name, x);
      case Activation::silu:
        return graph_.node("Mul", {x, graph_.node("Sigmoid", {x}, name + "/Sigmoid")}, name + "/Mul");
    }
    return x;
  }

  std::string gelu(const std::string& name, const std::string& x) {
    const std::string scaled = graph_.node("Div", {x, "sqrt_two"}, name + "/Div");
    const std::string erf = graph_.node("Erf", {scaled}, name + "/Erf");
    const std::string above = graph_.node("Add", {erf, "one"}, name + "/Add_1");
    const std::string product = graph_.node("Mul", {x, above}, name + "/Mul");
    return graph_.node("Mul", {product, "half"}, name + "/Mul_1");
  }

  /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  std::string gelu_tanh(const std::string& name, const std::string& x) {
    const std::string square = graph_.node("Mul", {x, x}, name + "/square");
    const std::string cube = graph_.node("Mul", {square, x}, name + "/cube");
    const std::string part = graph_.node("Mul", {cube, constant("tanh_cubic", 0.044715F)}, name + "/part");
    const std::string inner = graph_.node("Add", {x, part}, name + "/inner");
    const float scale = std::sqrt(2 / std::numbers::pi_v<float>);
    const std::string scaled = graph_.node("Mul", {inner, constant("tanh_scale", scale)}, name + "/Mul");
    const std::string tanh = graph_.node("Tanh", {scaled}, name + "/Tanh");
    const std::string above = graph_.node("Add", {tanh, "one"}, name + "/Add_1");
    const std::string product = graph_.node("Mul", {x, above}, name + "/Mul_1");
    return graph_.node("Mul", {product, "half"}, name + "/Mul_2");
  }

  /// A scalar that layers share.
  std::string constant(const std::string& name, float value) {
    if (constants_.insert(name).second) graph_.scalar(name, value);
    return name;
  }

  /// LayerNorm(linear(x) + residual)
  std::string add_and_norm(const std::string& product, const std::string& norm, const std::string& x,
                           const std::string& residual) {
    const std::string sum = graph_.node("Add", {linear(product, x), residual}, product + "/residual");
    return layer_norm(norm, sum);
  }

  std::string run_layer(std::size_t index, const std::string& hidden, const std::string& bias) {
    const LayerNames names = layer_names(index);
    const std::string attended =
        add_and_norm(names.attention_output, names.attention_norm, attention(index, hidden, bias), hidden);
    const std::string wide = activate(spec_.layers[index].feed_forward.activation, names.feed_forward_in,
                                      linear(names.feed_forward_in, attended));
    return add_and_norm(names.feed_forward_out, names.output_norm, wide, attended);
  }

  // ---- Head

  void add_head(const std::string& hidden) {
    switch (traits_of(spec_.head.kind).output) {
      case Output::states:
      case Output::vector:  // whoever runs an embedder pools its states, as sentence-transformers does
        return add_output("last_hidden_state", hidden,
                          {"batch", "sequence", std::to_string(spec_.hidden_size)});
      case Output::labels:
        return add_output("logits", run_steps(states_to_read(hidden)), {"batch", columns()});
      case Output::tags:
      case Output::vocabulary:
        return add_output("logits", run_steps(states_to_read(hidden)), {"batch", "sequence", columns()});
      case Output::spans:
        return add_span_outputs(run_steps(states_to_read(hidden)));
    }
  }

  void add_output(const std::string& name, const std::string& x, const std::vector<std::string>& shape) {
    graph_.node("Identity", {x}, name);
    graph_.output(name, shape);
  }

  std::string columns() const { return std::to_string(spec_.head.out(spec_.hidden_size)); }

  std::string states_to_read(const std::string& hidden) {
    if (!spec_.reads_first_token()) return hidden;
    return graph_.node("Gather", {hidden, graph_.integer("first_token/index", 0)}, "first_token/Gather",
                       {{"axis", std::int64_t{1}}});
  }

  std::string run_steps(std::string x) {
    for (const HeadStep& step : spec_.head.steps) {
      const std::string products = step.tied ? word_product(step.name, x) : product(step.name, x);
      x = activate(step.activation, step.name, step.biased ? add_bias(step.name, products) : products);
      if (!step.norm.empty()) x = layer_norm(step.norm, x);
    }
    return x;
  }

  /// With the word embeddings, which stand in the graph already.
  std::string word_product(const std::string& name, const std::string& x) {
    const std::string words = graph_.node("Transpose", {embedding_names().words}, name + "/words",
                                          {{"perm", std::vector<std::int64_t>{1, 0}}});
    return graph_.node("MatMul", {x, words}, name + "/MatMul");
  }

  void add_span_outputs(const std::string& both) {
    graph_.node_of_several("Split", {both}, {"spans/start", "spans/end"}, {{"axis", std::int64_t{-1}}});
    const std::string axis = graph_.integers("spans/axis", {-1});
    graph_.node("Squeeze", {"spans/start", axis}, "start_logits");
    graph_.node("Squeeze", {"spans/end", axis}, "end_logits");
    graph_.output("start_logits", {"batch", "sequence"});
    graph_.output("end_logits", {"batch", "sequence"});
  }

  const ModelSpec& spec_;
  const ModelWeights& weights_;
  OnnxProducts products_;
  std::set<std::string> quantized_;
  std::set<std::string> constants_;  ///< that layers share
  GraphBuilder graph_;
  std::string ids_, mask_;
};

}  // namespace

void build_encoder_graph(const ModelSpec& spec, const ModelWeights& weights, OnnxProducts products,
                         onnx::GraphProto& graph) {
  graph.set_name("encoder");
  EncoderGraph(spec, weights, products, graph).build();
}

}  // namespace transkimmer
