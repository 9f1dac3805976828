#pragma once

#include "serving/text_run.h"
#include "text/tokenizer.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {

/// What a token classifier says of an input that has been run: `run.logits` [tokens, labels] and
/// `run.skimmed_at` [tokens] are read.
TaggedText tagged_text(const Model& model, const TextInput& input, const Encoding& encoding,
                       const TextResult& run, Aggregation aggregation);

}  // namespace transkimmer
