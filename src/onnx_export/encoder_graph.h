#pragma once

#include <onnx/onnx_pb.h>

#include "model/model_spec.h"
#include "model_files/weights/model_weights.h"
#include "onnx_export/onnx_products.h"

namespace transkimmer {

/// Writes the dense encoder and its head into `graph`, in operations of ONNX's opset 17, in the order in
/// which PyTorch's exporter writes BERT, which is what ONNX Runtime looks for to fuse attention, GELU and
/// LayerNorm.
///
/// Inputs, int64 [batch, sequence]: `input_ids`, `attention_mask` (1 = token, 0 = padding), and where
/// they are given (EmbeddingSpec::given_types), `token_type_ids`. Outputs, float: `logits` [batch, labels] of
/// classification and regression; `start_logits` and `end_logits` [batch, sequence] of question answering;
/// `logits` [batch, sequence, labels] of token classification; `last_hidden_state` [batch, sequence, hidden]
/// of an encoder without such a head. Skim predictors are left out: nothing is skimmed.
///
/// Throws FormatError naming file and weight when one is missing.
///
/// With OnnxProducts::int8 the products of the layers multiply integers, as ONNX Runtime's dynamic
/// quantisation has it: a symmetric int8 scale for each output channel of a weight, one uint8 scale and zero
/// point for each whole activation, found as the model runs.
void build_encoder_graph(const ModelSpec& spec, const ModelWeights& weights, OnnxProducts products,
                         onnx::GraphProto& graph);

}  // namespace transkimmer
