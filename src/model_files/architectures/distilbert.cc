#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

/// Its words for BERT's; what it has none for is fixed.
std::string_view distilbert_key(std::string_view ours, HeadKind head) {
  constexpr std::array<Spelling, 8> kKeys = {{{"hidden_size", "dim"},
                                              {"num_hidden_layers", "n_layers"},
                                              {"num_attention_heads", "n_heads"},
                                              {"intermediate_size", "hidden_dim"},
                                              {"hidden_act", "activation"},
                                              {"hidden_dropout_prob", "dropout"},
                                              {"attention_probs_dropout_prob", "attention_dropout"},
                                              {"layer_norm_eps", ""}}};
  if (ours == "classifier_dropout" && head != HeadKind::token_classification)
    return head == HeadKind::question_answering ? "qa_dropout" : "seq_classif_dropout";
  if (ours == "classifier_dropout") return "dropout";
  for (const Spelling& key : kKeys)
    if (key.ours == ours) return key.theirs;
  return ours;
}

std::optional<double> usual_head_dropout(HeadKind head) {
  if (head == HeadKind::question_answering) return 0.1;
  return head == HeadKind::token_classification ? std::nullopt : std::optional(0.2);
}

HeadSpec distilbert_head(HeadKind kind, const HeadSizes& sizes) {
  switch (kind) {
    case HeadKind::classification:
      return classifier_head(
          {.dense = "pre_classifier", .output = "classifier", .activation = Activation::relu}, sizes);
    case HeadKind::masked_lm:
      return vocabulary_head({.dense = "vocab_transform",
                              .norm = "vocab_layer_norm",
                              .output = "vocab_projector",
                              .activation = sizes.activation},
                             sizes);
    default:
      return common_head(kind, sizes, sizes.dropout);
  }
}

constexpr std::array<Spelling, 9> kTensors = {{{"encoder.layer.", "transformer.layer."},
                                               {".attention.self.query.", ".attention.q_lin."},
                                               {".attention.self.key.", ".attention.k_lin."},
                                               {".attention.self.value.", ".attention.v_lin."},
                                               {".attention.output.dense.", ".attention.out_lin."},
                                               {".attention.output.LayerNorm.", ".sa_layer_norm."},
                                               {".intermediate.dense.", ".ffn.lin1."},
                                               {".output.dense.", ".ffn.lin2."},
                                               {".output.LayerNorm.", ".output_layer_norm."}}};
constexpr std::array<std::string_view, 1> kCopies = {"vocab_projector.weight"};

}  // namespace

const Architecture distilbert = {.model_type = "distilbert",
                                 .class_prefix = "DistilBert",
                                 .weight_prefix = "distilbert.",
                                 .tokenizer_class = "DistilBertTokenizer",
                                 .types = TokenTypes::none,
                                 .drops_attention_output = false,
                                 .key = distilbert_key,
                                 .usual_head_dropout = usual_head_dropout,
                                 .tensors = kTensors,
                                 .copies = kCopies,
                                 .head = distilbert_head};

}  // namespace transkimmer
