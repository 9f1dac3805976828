#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

namespace transkimmer {

/// Adds nodes and constants to an ONNX graph. Every value is known by its name; node() returns that of its
/// result.
class GraphBuilder {
 public:
  using Names = std::vector<std::string>;

  explicit GraphBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  /// An int64 input [batch, sequence].
  std::string token_input(const std::string& name);
  /// A float output; a dimension is a number or a name such as "batch".
  void output(const std::string& name, const Names& dimensions);

  std::string floats(const std::string& name, const std::vector<float>& values,
                     const std::vector<std::int64_t>& shape);
  std::string int8s(const std::string& name, const std::vector<std::int8_t>& values,
                    const std::vector<std::int64_t>& shape);
  std::string scalar(const std::string& name, float value) { return floats(name, {value}, {}); }
  /// [values]
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);
  std::string integer(const std::string& name, std::int64_t value);

  /// A named argument of an operation.
  struct Attribute {
    std::string name;
    std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
  };
  using Attributes = std::vector<Attribute>;

  /// result = operation(inputs); the node has the name of its result.
  std::string node(const std::string& operation, const Names& inputs, const std::string& result,
                   const Attributes& attributes = {});
  /// The same for an operation with several results, whose node has the name of the first.
  void node_of_several(const std::string& operation, const Names& inputs, const Names& results,
                       const Attributes& attributes = {});

 private:
  onnx::GraphProto& graph_;
};

}  // namespace transkimmer
