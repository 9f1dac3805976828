#pragma once

#include <string>
#include <vector>

#include "model_files/tokenizer_settings.h"
#include "model_files/vocabulary_builder.h"
#include "text/added_tokens.h"

namespace transkimmer {

/// The added tokens of a tokenizer, gathered from its files as transformers gathers them. What the vocabulary
/// lacks is numbered on from it.
class AddedTokenList {
 public:
  /// The vocabulary has all of the model's own tokens by now, and outlives this.
  explicit AddedTokenList(VocabularyBuilder& vocabulary) : vocabulary_(vocabulary) {}

  /// A token, which is numbered here; it takes the place of one with the same text. `origin` is the file that
  /// messages name. A token without text is never found, and not kept.
  void put(AddedToken token, const std::string& origin);
  /// Those of the settings files; of those that are there already, an added_tokens_decoder changes the flags.
  /// Then special tokens that are named, and of the `usual` names those that the vocabulary has. Throws
  /// FormatError for a special token without a part of its own for which vocab_size leaves no id.
  void put(const TokenizerSettings& settings, const SpecialTokenNames& usual);

  std::vector<AddedToken> take() { return std::move(tokens_); }

 private:
  AddedToken* find(const std::string& content);
  /// A special token whose id is to be found, or (`may_be_numbered`) made.
  void put_special(AddedToken token, bool may_be_numbered);

  VocabularyBuilder& vocabulary_;
  std::vector<AddedToken> tokens_;
};

}  // namespace transkimmer
