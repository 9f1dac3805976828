#include "onnx_export/graph_interpreter.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

namespace transkimmer::test {
namespace {

using Values = std::vector<Tensor>;

Tensor constant(const onnx::TensorProto& proto) {
  const std::vector<std::int64_t> shape(proto.dims().begin(), proto.dims().end());
  const bool real = proto.data_type() == onnx::TensorProto::FLOAT;
  const bool small = proto.data_type() == onnx::TensorProto::INT8;
  const auto type = real ? torch::kFloat : small ? torch::kChar : torch::kLong;
  std::string bytes = proto.raw_data();
  return torch::from_blob(bytes.data(), shape, type).clone();
}

std::vector<std::int64_t> numbers(const Tensor& list) {
  const Tensor flat = list.contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

const onnx::AttributeProto& attribute(const onnx::NodeProto& node, const std::string& name) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return attribute;
  throw std::out_of_range(node.name() + " has no attribute " + name);
}

std::int64_t axis_of(const onnx::NodeProto& node, std::int64_t otherwise) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == "axis") return attribute.i();
  return otherwise;
}

/// The dimensions of the indices stand where the axis was.
Tensor gather(const onnx::NodeProto& node, const Values& x) {
  const std::int64_t axis = axis_of(node, 0);
  std::vector<std::int64_t> shape(x[0].sizes().begin(), x[0].sizes().begin() + axis);
  shape.insert(shape.end(), x[1].sizes().begin(), x[1].sizes().end());
  shape.insert(shape.end(), x[0].sizes().begin() + axis + 1, x[0].sizes().end());
  return x[0].index_select(axis, x[1].reshape({-1})).reshape(shape);
}

/// A 0 in the wanted shape stands for the dimension that is there.
Tensor reshape(const onnx::NodeProto&, const Values& x) {
  std::vector<std::int64_t> shape = numbers(x[1]);
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 0) shape[i] = x[0].size(static_cast<std::int64_t>(i));
  return x[0].reshape(shape);
}

Tensor transpose(const onnx::NodeProto& node, const Values& x) {
  const auto& order = attribute(node, "perm").ints();
  return x[0].permute(std::vector<std::int64_t>(order.begin(), order.end()));
}

Tensor cast(const onnx::NodeProto& node, const Values& x) {
  return x[0].to(attribute(node, "to").i() == onnx::TensorProto::FLOAT ? torch::kFloat : torch::kLong);
}

Tensor layer_norm(const onnx::NodeProto& node, const Values& x) {
  return torch::layer_norm(x[0], x[1].sizes(), x[1], x[2], attribute(node, "epsilon").f());
}

Tensor slice(const onnx::NodeProto&, const Values& x) {
  return x[0].slice(0, numbers(x[1])[0], numbers(x[2])[0]);
}

/// u8 [.., in] minus its zero point, times i8 [in, out] minus that of each column.
Tensor matmul_integer(const onnx::NodeProto&, const Values& x) {
  return torch::matmul((x[0].to(torch::kInt) - x[2]).to(torch::kLong),
                       (x[1].to(torch::kInt) - x[3]).to(torch::kLong));
}

/// As ONNX defines it: the range, widened to hold 0, in 255 steps. Returns quantised, scale, zero point.
Values dynamic_quantize(const Tensor& x) {
  const float low = std::min(0.0F, x.min().item<float>()), high = std::max(0.0F, x.max().item<float>());
  const float scale = (high - low) / 255;
  const float zero = std::clamp(std::nearbyint(-low / scale), 0.0F, 255.0F);
  const Tensor steps = (torch::round(x / scale) + zero).clamp(0, 255);
  return {steps.to(torch::kByte), torch::tensor(scale), torch::tensor(zero).to(torch::kByte)};
}

using Operation = std::function<Tensor(const onnx::NodeProto&, const Values&)>;

const std::map<std::string, Operation> operations = {
    {"Add", [](const auto&, const Values& x) { return x[0] + x[1]; }},
    {"Sub", [](const auto&, const Values& x) { return x[0] - x[1]; }},
    {"Mul", [](const auto&, const Values& x) { return x[0] * x[1]; }},
    {"Div", [](const auto&, const Values& x) { return x[0] / x[1]; }},
    {"MatMul", [](const auto&, const Values& x) { return torch::matmul(x[0], x[1]); }},
    {"Erf", [](const auto&, const Values& x) { return torch::erf(x[0]); }},
    {"Tanh", [](const auto&, const Values& x) { return torch::tanh(x[0]); }},
    {"Sigmoid", [](const auto&, const Values& x) { return torch::sigmoid(x[0]); }},
    {"Relu", [](const auto&, const Values& x) { return torch::relu(x[0]); }},
    {"Identity", [](const auto&, const Values& x) { return x[0]; }},
    {"Equal", [](const auto&, const Values& x) { return x[0] == x[1]; }},
    {"Not", [](const auto&, const Values& x) { return x[0].logical_not(); }},
    {"Shape", [](const auto&, const Values& x) { return torch::tensor(x[0].sizes().vec()); }},
    {"CumSum", [](const auto&, const Values& x) { return x[0].cumsum(x[1].item<std::int64_t>()); }},
    {"Softmax", [](const auto& node, const Values& x) { return x[0].softmax(axis_of(node, -1)); }},
    {"Unsqueeze", [](const auto&, const Values& x) { return x[0].unsqueeze(numbers(x[1])[0]); }},
    {"Squeeze", [](const auto&, const Values& x) { return x[0].squeeze(numbers(x[1])[0]); }},
    {"Gather", gather},
    {"Reshape", reshape},
    {"Transpose", transpose},
    {"Cast", cast},
    {"LayerNormalization", layer_norm},
    {"Slice", slice},
    {"MatMulInteger", matmul_integer},
};

}  // namespace

NamedTensors run_graph(const onnx::GraphProto& graph, NamedTensors values) {
  for (const auto& initializer : graph.initializer()) values[initializer.name()] = constant(initializer);
  for (const auto& node : graph.node()) {
    Values inputs;
    for (const std::string& name : node.input()) inputs.push_back(values.at(name));
    if (node.output_size() > 1) {
      const bool split = node.op_type() == "Split";
      const Values results =
          split ? Values(inputs[0].chunk(node.output_size(), axis_of(node, 0))) : dynamic_quantize(inputs[0]);
      for (int i = 0; i < node.output_size(); ++i)
        values[node.output(i)] = results.at(static_cast<std::size_t>(i));
      continue;
    }
    const auto operation = operations.find(node.op_type());
    if (operation == operations.end()) throw std::invalid_argument("no operation " + node.op_type());
    values[node.output(0)] = operation->second(node, inputs);
  }
  return values;
}

}  // namespace transkimmer::test
