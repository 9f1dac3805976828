#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

HeadSpec bert_head(HeadKind kind, const HeadSizes& sizes) {
  switch (kind) {
    case HeadKind::classification:
      return classifier_head({.dense = "pooler.dense", .output = "classifier", .pooler = true}, sizes);
    case HeadKind::masked_lm:
      return vocabulary_head({.dense = "cls.predictions.transform.dense",
                              .norm = "cls.predictions.transform.LayerNorm",
                              .output = "cls.predictions",
                              .activation = sizes.activation},
                             sizes);
    default:
      return common_head(kind, sizes);
  }
}

constexpr std::array<std::string_view, 2> kCopies = {"cls.predictions.decoder.weight",
                                                     "cls.predictions.decoder.bias"};

}  // namespace

const Architecture bert = {.model_type = "bert",
                           .class_prefix = "Bert",
                           .weight_prefix = "bert.",
                           .tokenizer_class = "BertTokenizer",
                           .pooler = "pooler.",
                           .copies = kCopies,
                           .head = bert_head};

}  // namespace transkimmer
