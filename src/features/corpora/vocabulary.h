#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace transkimmer {

/// The lines of a vocab.txt for a lower-casing WordPiece tokenizer, from the texts of a data set: [PAD] [UNK]
/// [CLS] [SEP] [MASK], every character that occurs, each of them again as a "##" continuation (so that no
/// word is unknown), then the most frequent words, each of them one token. Words are cut at white space and
/// punctuation and lower-cased; accents are kept. Deterministic: ties go by bytes. Bytes that are not UTF-8
/// are passed over. Throws UsageError when `max_size` does not hold the special tokens and characters.
std::vector<std::string> build_word_vocabulary(const Dataset& dataset, std::size_t max_size);

}  // namespace transkimmer
