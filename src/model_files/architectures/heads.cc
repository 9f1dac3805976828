#include "model_files/architectures/heads.h"

#include <string>

namespace transkimmer {

std::string_view class_suffix(HeadKind head) {
  switch (head) {
    case HeadKind::none:
    case HeadKind::embedding:
      return "Model";
    case HeadKind::classification:
    case HeadKind::regression:
      return "ForSequenceClassification";
    case HeadKind::question_answering:
      return "ForQuestionAnswering";
    case HeadKind::token_classification:
      return "ForTokenClassification";
    case HeadKind::masked_lm:
      return "ForMaskedLM";
  }
  return "";
}

HeadSpec classifier_head(HeadKind kind, const ClassifierNames& names, const HeadSizes& sizes) {
  return {.kind = kind,
          .reads = Reads::first,
          .steps = {{.name = std::string(names.dense),
                     .out = sizes.hidden,
                     .activation = names.activation,
                     .dropout = names.drops_states ? sizes.dropout : 0,
                     .pooler = names.pooler},
                    {.name = std::string(names.output), .out = sizes.labels, .dropout = sizes.dropout}}};
}

HeadSpec span_head(std::string_view name, double dropout) {
  return {.kind = HeadKind::question_answering,
          .reads = Reads::each,
          .steps = {{.name = std::string(name), .out = 2, .dropout = dropout}}};
}

HeadSpec token_head(std::string_view name, const HeadSizes& sizes) {
  return {.kind = HeadKind::token_classification,
          .reads = Reads::each,
          .steps = {{.name = std::string(name), .out = sizes.labels, .dropout = sizes.dropout}}};
}

HeadSpec vocabulary_head(const VocabularyNames& names, const HeadSizes& sizes) {
  return {.kind = HeadKind::masked_lm,
          .reads = Reads::each,
          .steps = {{.name = std::string(names.dense),
                     .out = sizes.hidden,
                     .activation = Activation::gelu,
                     .norm = std::string(names.norm)},
                    {.name = std::string(names.output), .out = sizes.vocabulary, .tied = true}}};
}

}  // namespace transkimmer
