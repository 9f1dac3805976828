#pragma once

#include <memory>

#include "model_files/tokenizers/tokenizer_json/tokenizer_parts.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// Whether a WordPiece model has BERT's normalizer, or none, and BERT's pre-tokenizer: then a
/// WordPieceTokenizer does all in one pass.
bool is_bert_wordpiece(const TokenizerParts& parts);
/// Of such a file. Throws FormatError naming the field.
std::unique_ptr<const Tokenizer> read_bert_wordpiece(TokenizerParts& parts);

/// Whether a BPE model is that of GPT-2 and RoBERTa, over bytes of GPT-2's words: then a
/// ByteLevelBpeTokenizer does all in one pass.
bool is_byte_level_bpe(TokenizerParts& parts);
/// Of such a file. Throws FormatError naming the field.
std::unique_ptr<const Tokenizer> read_byte_level_bpe(TokenizerParts& parts);

}  // namespace transkimmer
