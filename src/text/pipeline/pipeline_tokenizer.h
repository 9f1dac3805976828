#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/added_tokens.h"
#include "text/models/word_model.h"
#include "text/normalization/normalizer.h"
#include "text/splitting/word_splitter.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace transkimmer {

/// What a tokenizer of any parts is made of.
struct PipelineModel {
  Vocabulary vocabulary;  ///< by id, added tokens included
  std::vector<AddedToken> added_tokens;
  SpecialTokensInText special_in_text = SpecialTokensInText::whole;
  SpecialTokens special_tokens;
  InputRules rules;
  Normalizers normalizers;              ///< one after the other
  std::vector<WordSplitter> splitters;  ///< likewise; without any, a text is one word
  std::unique_ptr<const WordModel> words;
};

/// A tokenizer whose steps are chosen one by one, as a tokenizer.json has them: text between added tokens is
/// normalised, cut into words, and each word becomes tokens. What WordPieceTokenizer and
/// ByteLevelBpeTokenizer do, they do faster.
class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(PipelineModel model);

  std::string_view algorithm() const override { return model_.words->algorithm(); }
  std::vector<Piece> pieces(std::string_view text) const override;
  std::string_view token(std::int32_t id) const override { return model_.vocabulary.token(id); }
  std::size_t vocabulary_size() const override { return model_.vocabulary.size(); }
  const SpecialTokens& special_tokens() const override { return model_.special_tokens; }

 private:
  struct Scratch;
  class Output;
  bool cuts_at_blanks() const override { return cuts_at_blanks_; }
  std::vector<Piece> pieces_of_valid(std::string_view text) const;
  void normalize(AlignedText& text, AlignedText& spare) const;
  /// The tokens that are sought in normalised text, normalised themselves.
  std::vector<AddedToken> normalized_tokens() const;
  /// Appends the pieces of a stretch of the original without tokens that are sought there.
  void add_stretch(Scratch& scratch, Output& out) const;
  /// Appends the pieces of the words of scratch.
  void add_words(Scratch& scratch, Output& out) const;

  PipelineModel model_;
  AddedTokenMatcher in_original_;
  AddedTokenMatcher in_normalized_;
  bool cuts_at_blanks_ = false;
};

}  // namespace transkimmer
