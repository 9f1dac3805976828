#include "onnx_export/graph_builder.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <span>

namespace transkimmer {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data holds little-endian numbers");

void add_dimensions(onnx::TensorShapeProto& shape, const std::vector<std::string>& dimensions) {
  for (const std::string& dimension : dimensions) {
    const bool number = std::all_of(dimension.begin(), dimension.end(),
                                    [](unsigned char character) { return std::isdigit(character) != 0; });
    if (number) {
      shape.add_dim()->set_dim_value(std::stoll(dimension));
    } else {
      shape.add_dim()->set_dim_param(dimension);
    }
  }
}

void describe(onnx::ValueInfoProto& value, const std::string& name, std::int32_t type,
              const std::vector<std::string>& dimensions) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  add_dimensions(*tensor.mutable_shape(), dimensions);
}

template <typename T>
void add_constant(onnx::GraphProto& graph, const std::string& name, std::int32_t type,
                  std::span<const T> values, const std::vector<std::int64_t>& shape) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dimension : shape) tensor.add_dims(dimension);
  tensor.set_raw_data(values.data(), values.size_bytes());
}

void set_attribute(onnx::AttributeProto& proto, const GraphBuilder::Attribute& attribute) {
  proto.set_name(attribute.name);
  if (const auto* real = std::get_if<float>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(*real);
  } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : *list) proto.add_ints(value);
  } else {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(std::get<std::int64_t>(attribute.value));
  }
}

}  // namespace

std::string GraphBuilder::token_input(const std::string& name) {
  describe(*graph_.add_input(), name, onnx::TensorProto::INT64, {"batch", "sequence"});
  return name;
}

void GraphBuilder::output(const std::string& name, const Names& dimensions) {
  describe(*graph_.add_output(), name, onnx::TensorProto::FLOAT, dimensions);
}

std::string GraphBuilder::floats(const std::string& name, const std::vector<float>& values,
                                 const std::vector<std::int64_t>& shape) {
  add_constant<float>(graph_, name, onnx::TensorProto::FLOAT, values, shape);
  return name;
}

std::string GraphBuilder::int8s(const std::string& name, const std::vector<std::int8_t>& values,
                                const std::vector<std::int64_t>& shape) {
  add_constant<std::int8_t>(graph_, name, onnx::TensorProto::INT8, values, shape);
  return name;
}

std::string GraphBuilder::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  add_constant<std::int64_t>(graph_, name, onnx::TensorProto::INT64, values,
                             {static_cast<std::int64_t>(values.size())});
  return name;
}

std::string GraphBuilder::integer(const std::string& name, std::int64_t value) {
  add_constant<std::int64_t>(graph_, name, onnx::TensorProto::INT64, std::span(&value, 1), {});
  return name;
}

std::string GraphBuilder::node(const std::string& operation, const Names& inputs, const std::string& result,
                               const Attributes& attributes) {
  node_of_several(operation, inputs, {result}, attributes);
  return result;
}

void GraphBuilder::node_of_several(const std::string& operation, const Names& inputs, const Names& results,
                                   const Attributes& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(operation);
  node.set_name(results.front());
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& result : results) node.add_output(result);
  for (const Attribute& attribute : attributes) set_attribute(*node.add_attribute(), attribute);
}

}  // namespace transkimmer
