#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

/// The masked language model is ELECTRA's generator; the discriminator is an encoder like any other.
HeadSpec electra_head(HeadKind kind, const HeadSizes& sizes) {
  switch (kind) {
    case HeadKind::classification:
      return classifier_head({.dense = "classifier.dense",
                              .output = "classifier.out_proj",
                              .activation = Activation::gelu,
                              .drops_states = true},
                             sizes);
    case HeadKind::masked_lm:
      return vocabulary_head({.dense = "generator_predictions.dense",
                              .norm = "generator_predictions.LayerNorm",
                              .output = "generator_lm_head"},
                             sizes);
    default:
      return common_head(kind, sizes);
  }
}

constexpr std::array<std::string_view, 2> kOtherHeads = {"discriminator_predictions.", "sequence_summary."};
constexpr std::array<std::string_view, 1> kCopies = {"generator_lm_head.weight"};

}  // namespace

const Architecture electra = {.model_type = "electra",
                              .class_prefix = "Electra",
                              .weight_prefix = "electra.",
                              .tokenizer_class = "ElectraTokenizer",
                              .embedding_size = 128,
                              .other_heads = kOtherHeads,
                              .copies = kCopies,
                              .head = electra_head};

}  // namespace transkimmer
