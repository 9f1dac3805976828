#include "model_files/architectures/heads.h"

#include <string>

namespace transkimmer {

HeadSpec classifier_head(const ClassifierNames& names, const HeadSizes& sizes) {
  return {.kind = HeadKind::classification,
          .reads = Reads::first,
          .steps = {{.name = std::string(names.dense),
                     .out = sizes.hidden,
                     .activation = names.activation,
                     .dropout = names.drops_states ? sizes.dropout : 0,
                     .pooler = names.pooler},
                    {.name = std::string(names.output), .out = sizes.labels, .dropout = sizes.dropout}}};
}

HeadSpec common_head(HeadKind kind, const HeadSizes& sizes, double span_dropout) {
  switch (kind) {
    case HeadKind::question_answering:
      return {.kind = kind,
              .reads = Reads::each,
              .steps = {{.name = "qa_outputs", .out = 2, .dropout = span_dropout}}};
    case HeadKind::token_classification:
      return {.kind = kind,
              .reads = Reads::each,
              .steps = {{.name = "classifier", .out = sizes.labels, .dropout = sizes.dropout}}};
    default:
      return {};
  }
}

HeadSpec vocabulary_head(const VocabularyNames& names, const HeadSizes& sizes) {
  return {.kind = HeadKind::masked_lm,
          .reads = Reads::each,
          .steps = {{.name = std::string(names.dense),
                     .out = sizes.embedding,
                     .activation = names.activation,
                     .norm = std::string(names.norm)},
                    {.name = std::string(names.output), .out = sizes.vocabulary, .tied = true}}};
}

HeadSpec roberta_head(HeadKind kind, const HeadSizes& sizes) {
  switch (kind) {
    case HeadKind::classification:
      return classifier_head(
          {.dense = "classifier.dense", .output = "classifier.out_proj", .drops_states = true}, sizes);
    case HeadKind::masked_lm:
      return vocabulary_head({.dense = "lm_head.dense", .norm = "lm_head.layer_norm", .output = "lm_head"},
                             sizes);
    default:
      return common_head(kind, sizes);
  }
}

}  // namespace transkimmer
