#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

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

constexpr std::array<std::string_view, 2> kCopies = {"lm_head.decoder.weight", "lm_head.decoder.bias"};

}  // namespace

const Architecture roberta = {.model_type = "roberta",
                              .class_prefix = "Roberta",
                              .weight_prefix = "roberta.",
                              .tokenizer_class = "RobertaTokenizer",
                              .padding_id = 1,
                              .positions = Positions::behind_padding,
                              .types = TokenTypes::given_where_several,
                              .pooler = "pooler.",
                              .copies = kCopies,
                              .head = roberta_head};

}  // namespace transkimmer
