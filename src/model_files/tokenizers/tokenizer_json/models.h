#pragma once

#include <optional>
#include <string>

#include "model_files/tokenizers/tokenizer_json/tokenizer_parts.h"
#include "text/models/bpe.h"
#include "text/models/unigram.h"
#include "text/wordpiece/word_cover.h"

namespace transkimmer {

enum class WordModelKind : std::uint8_t { wordpiece, bpe, unigram, word_level };

/// The type of the model; early files name none, and its fields tell. Throws FormatError for one that is not
/// known.
WordModelKind read_model_kind(const TokenizerParts& parts);
/// Puts the model's tokens into the vocabulary. Throws FormatError naming the token.
void read_model_vocabulary(WordModelKind kind, TokenizerParts& parts);

// The fields of "model" beside its tokens, which have been read. All throw FormatError naming the field.

/// The model of a WordPiece tokenizer.json.
struct WordPieceFields {
  WordCoverOptions cover;
  std::string unknown;
};
/// Of a WordPiece model.
WordPieceFields read_wordpiece_fields(const TokenizerParts& parts);

/// The model of a BPE tokenizer.json.
struct BpeFields {
  BpeOptions options;  ///< but for `unknown`
  std::optional<std::string> unknown;
};
/// Of a BPE model.
BpeFields read_bpe_fields(TokenizerParts& parts);

/// Of a Unigram model.
UnigramOptions read_unigram_options(const TokenizerParts& parts);

}  // namespace transkimmer
