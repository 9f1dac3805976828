#pragma once

#include <map>
#include <string>

#include <onnx/onnx_pb.h>

#include "training/tensors/tensor.h"

namespace transkimmer::test {

using NamedTensors = std::map<std::string, Tensor>;

/// Runs an ONNX graph, node by node, with libtorch's operations as ONNX's specification describes them; only
/// those that the exporter writes. Returns all values by name. Throws std::out_of_range for a value that
/// nothing has computed, std::invalid_argument for an operation it does not know.
NamedTensors run_graph(const onnx::GraphProto& graph, NamedTensors inputs);

}  // namespace transkimmer::test
