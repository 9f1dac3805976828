#pragma once

#include <array>
#include <string_view>

#include "model_files/architectures/architecture.h"

namespace transkimmer {

/// Names of the two layers of a classifier of the first token, and what stands between them.
struct ClassifierNames {
  std::string_view dense, output;
  Activation activation = Activation::tanh;
  bool pooler = false;        ///< the dense layer is pretrained with the encoder
  bool drops_states = false;  ///< dropout before the dense layer, too
};
/// Linear, activation, linear, over the first token.
HeadSpec classifier_head(const ClassifierNames& names, const HeadSizes& sizes);

/// The heads that are alike in all architectures: one linear layer over every token, "qa_outputs" with two
/// columns, start and end (...ForQuestionAnswering), or "classifier" with one for each label
/// (...ForTokenClassification). No steps for the kinds that have none of the architecture's. `span_dropout`:
/// of what "qa_outputs" reads.
HeadSpec common_head(HeadKind kind, const HeadSizes& sizes, double span_dropout = 0);

/// Names of a masked language model's head.
struct VocabularyNames {
  std::string_view dense, norm;
  std::string_view output;  ///< whose bias is its own
  Activation activation = Activation::gelu;
};
/// Linear, activation, LayerNorm, the word embeddings again with a bias (...ForMaskedLM).
HeadSpec vocabulary_head(const VocabularyNames& names, const HeadSizes& sizes);

/// RoBERTa's, and of those that took its heads over. No steps for the kinds that have none of them.
HeadSpec roberta_head(HeadKind kind, const HeadSizes& sizes);
/// Tensors of its masked language model that are written a second time.
inline constexpr std::array<std::string_view, 2> kRobertaCopies = {"lm_head.decoder.weight",
                                                                   "lm_head.decoder.bias"};

}  // namespace transkimmer
