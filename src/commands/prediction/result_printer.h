#pragma once

#include <string>

#include "commands/options/text_input.h"
#include "transkimmer/classifier.h"
#include "transkimmer/embedder.h"
#include "transkimmer/mask_filler.h"
#include "transkimmer/reranker.h"
#include "transkimmer/sparse_embedder.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {

/// The labels and scores of a result as it is printed for people, without the end of the line.
std::string words_of(const Classification& result, const Classifier& classifier);
std::string words_of(const Relevance& result);
std::string words_of(const TaggedText& result, const TextLine& line);

/// A line on standard output: the label, a tab and its probability, the labels that hold with a tab between
/// them, or the value of a regression; with `json` an object. `classifier` made it.
void print_result(const Classification& result, const Classifier& classifier, bool json);

/// A line on standard output: the score; with `json` an object. `layers` is Model::layers().
void print_result(const Relevance& result, int layers, bool json);

/// A line on standard output: the vector's values, blanks between them; with `json` an object.
void print_result(const Embedding& result, bool json);
/// The same of what its values became.
void print_result(const Embedding& result, const std::vector<int>& quantized, bool json);

/// A line on standard output: the tokens of each mask with their scores, a tab between them, masks with " | "
/// between them; with `json` an object.
void print_result(const FilledText& result, bool json);

/// A line on standard output: tokens with their values, a tab between them; with `json` an object.
void print_result(const SparseEmbedding& result, bool json);

/// How entities are printed.
struct EntityFormat {
  bool json = false;
  bool by_token = false;  ///< each entity is one token (Aggregation::none)
};

/// A line on standard output: the entities of `line`, a tab between them; as JSON an object.
void print_result(const TaggedText& result, const TextLine& line, EntityFormat format);

}  // namespace transkimmer
