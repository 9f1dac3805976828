#pragma once

#include <filesystem>

#include "text/vocabulary.h"
#include "text/wordpiece/bert_normalizer.h"

namespace transkimmer {

/// Writes a WordPiece tokenizer as Hugging Face lays it out, for load_tokenizer, transformers and tokenizers
/// to read: `vocab.txt`, `tokenizer_config.json` and `tokenizer.json`, in this order, each whole or not at
/// all. The vocabulary has BERT's special tokens, and no other token that holds a line end. `directory`
/// exists. Throws IoError naming the file.
void write_wordpiece_files(const std::filesystem::path& directory, const Vocabulary& vocabulary,
                           const BertNormalizerOptions& normalizer);

}  // namespace transkimmer
