#include "training/network/heads.h"

#include "training/tensors/linear.h"
#include "transkimmer/error.h"

namespace transkimmer {

Head::Head(const ModelConfig& config, const Parameters& parameters)
    : kind_(config.head),
      architecture_(config.architecture),
      dropout_probability_(config.classifier_dropout),
      layer_norm_epsilon_(config.layer_norm_eps) {
  const bool bert = architecture_ == Architecture::bert;
  switch (kind_) {
    case HeadKind::classification:
    case HeadKind::regression:
      dense_ = affine_weights(parameters, bert ? "pooler.dense" : "classifier.dense");
      output_ = affine_weights(parameters, bert ? "classifier" : "classifier.out_proj");
      return;
    case HeadKind::question_answering:
      output_ = affine_weights(parameters, "qa_outputs");
      return;
    case HeadKind::masked_lm:
      dense_ = affine_weights(parameters, bert ? "cls.predictions.transform.dense" : "lm_head.dense");
      norm_ = affine_weights(parameters, bert ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm");
      output_ = {parameters.at("embeddings.word_embeddings.weight"),
                 parameters.at(bert ? "cls.predictions.bias" : "lm_head.bias")};
      return;
    case HeadKind::none:
      break;
  }
  throw UsageError("a model with head '" + std::string(name_of(kind_)) + "' cannot be trained");
}

HeadOutput Head::predict_tokens(const Tensor& hidden, const Tensor& predicted) const {
  const Tensor tokens = hidden.reshape({-1, hidden.size(-1)});
  // Only what is asked for is computed: the output layer costs as much as several encoder layers.
  const Tensor asked = predicted.defined() ? at::index_select(tokens, 0, predicted) : tokens;
  const Tensor x = layer_norm(at::gelu(linear(asked, dense_)), norm_, layer_norm_epsilon_);
  return {.logits = linear(x, output_), .pooled = {}};
}

HeadOutput Head::forward(const Tensor& hidden, const Tensor& predicted, const DropoutContext& context) const {
  if (kind_ == HeadKind::masked_lm) return predict_tokens(hidden, predicted);
  if (kind_ == HeadKind::question_answering) return {.logits = linear(hidden, output_), .pooled = {}};
  const Tensor first = hidden.select(1, 0);
  if (architecture_ == Architecture::bert) {
    const Tensor pooled = at::tanh(linear(first, dense_));
    return {.logits = linear(dropout(pooled, dropout_probability_, context), output_), .pooled = pooled};
  }
  const Tensor x = at::tanh(linear(dropout(first, dropout_probability_, context), dense_));
  return {.logits = linear(dropout(x, dropout_probability_, context), output_), .pooled = {}};
}

}  // namespace transkimmer
