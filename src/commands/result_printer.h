#pragma once

#include "commands/options/text_input.h"
#include "transkimmer/classifier.h"
#include "transkimmer/embedder.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {

/// A line on standard output: the label, a tab and its probability, or the value of a regression; with `json`
/// an object. `layers` is Classifier::layers().
void print_result(const Classification& result, int layers, bool json);

/// A line on standard output: the vector's values, blanks between them; with `json` an object.
void print_result(const Embedding& result, bool json);

/// How entities are printed.
struct EntityFormat {
  bool json = false;
  bool by_token = false;  ///< each entity is one token (Aggregation::none)
};

/// A line on standard output: the entities of `line`, a tab between them; as JSON an object.
void print_result(const TaggedText& result, const TextLine& line, EntityFormat format);

}  // namespace transkimmer
