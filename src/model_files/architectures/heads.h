#pragma once

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
HeadSpec classifier_head(HeadKind kind, const ClassifierNames& names, const HeadSizes& sizes);

/// One linear layer over every token, with two columns: start and end (...ForQuestionAnswering).
HeadSpec span_head(std::string_view name, double dropout);

/// One linear layer over every token, with a column for each label (...ForTokenClassification).
HeadSpec token_head(std::string_view name, const HeadSizes& sizes);

/// Names of a masked language model's head.
struct VocabularyNames {
  std::string_view dense, norm;
  std::string_view output;  ///< whose bias is its own
};
/// Linear, GELU, LayerNorm, the word embeddings again with a bias (...ForMaskedLM).
HeadSpec vocabulary_head(const VocabularyNames& names, const HeadSizes& sizes);

}  // namespace transkimmer
