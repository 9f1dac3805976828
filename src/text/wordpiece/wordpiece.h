#pragma once

#include <string>
#include <vector>

#include "text/added_tokens.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"
#include "text/wordpiece/bert_normalizer.h"
#include "text/wordpiece/word_cover.h"

namespace transkimmer {

/// What a WordPiece tokenizer is made of.
struct WordPieceModel {
  Vocabulary vocabulary;  ///< by id, added tokens included
  std::vector<AddedToken> added_tokens;
  SpecialTokensInText special_in_text = SpecialTokensInText::whole;
  SpecialTokens special_tokens;
  InputRules rules;
  BertNormalizerOptions normalizer;
  std::string continuing_prefix = "##";
  std::size_t max_characters_per_word = 100;  ///< a longer word is unknown as a whole
};

/// BERT's tokenizer: text is normalised, cut at white space and punctuation, and each word is covered from
/// the left by the longest tokens that fit. A word that cannot be covered is one unknown token.
class WordPieceTokenizer final : public Tokenizer {
 public:
  explicit WordPieceTokenizer(WordPieceModel model);

  std::string_view algorithm() const override { return "WordPiece"; }
  std::vector<Piece> pieces(std::string_view text) const override;
  std::string_view token(std::int32_t id) const override { return model_.vocabulary.token(id); }
  std::size_t vocabulary_size() const override { return model_.vocabulary.size(); }
  const SpecialTokens& special_tokens() const override { return model_.special_tokens; }

 private:
  bool cuts_at_blanks() const override { return !in_original_.has_blanks() && !in_normalized_.has_blanks(); }
  std::vector<Piece> pieces_of_valid(std::string_view text) const;
  /// Appends a piece of `text`, its offset trimmed as the rules have it; `spelling` is the token as it was
  /// found.
  void add(Piece piece, std::string_view spelling, std::string_view text, std::vector<Piece>& out) const;
  /// Appends the pieces of [begin, end) of normalised text without added tokens.
  void add_words(const NormalizedText& normalized, std::size_t begin, std::size_t end, std::string_view text,
                 std::vector<Piece>& out) const;
  /// Appends the pieces of one word.
  void add_word(const NormalizedText& normalized, std::size_t begin, std::size_t end, std::string_view text,
                std::vector<Piece>& out) const;

  WordPieceModel model_;
  BertNormalizer normalizer_;
  AddedTokenMatcher in_original_;
  AddedTokenMatcher in_normalized_;
  WordCover cover_;
};

}  // namespace transkimmer
