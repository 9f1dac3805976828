#pragma once

#include <string>

#include "datasets/dataset.h"
#include "features/encoded_dataset.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// The texts of `dataset` one by one, as an embedder reads them: all first texts, then the second ones of
/// pairs, `prompt` before each.
Dataset single_texts(const Dataset& dataset, const std::string& prompt);

/// Pairs of texts that are compared by their vectors: sequences as single_texts has them, and one label for
/// each pair. Throws UsageError for a text that is no pair.
EncodedDataset encode_compared(const Dataset& pairs, const std::string& prompt, const Tokenizer& tokenizer,
                               std::size_t max_length, unsigned threads);

}  // namespace transkimmer
