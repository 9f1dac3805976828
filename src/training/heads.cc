#include "training/heads.h"

#include "training/linear.h"
#include "transkimmer/error.h"

namespace transkimmer {

Head::Head(const ModelConfig& config, const Parameters& parameters)
    : kind_(config.head),
      architecture_(config.architecture),
      dropout_probability_(config.classifier_dropout) {
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
    case HeadKind::none:
    case HeadKind::masked_lm:
      break;
  }
  throw UsageError("a model with head '" + std::string(name_of(kind_)) + "' cannot be fine-tuned");
}

HeadOutput Head::forward(const Tensor& hidden, const DropoutContext& context) const {
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
