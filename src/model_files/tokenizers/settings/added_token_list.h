#pragma once

#include <map>
#include <string>
#include <vector>

#include "model_files/tokenizers/settings/tokenizer_settings.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"
#include "text/added_tokens.h"

namespace transkimmer {

/// The added tokens of a tokenizer, gathered from its files as transformers gathers them. What the vocabulary
/// lacks is numbered on from it.
class AddedTokenList {
 public:
  /// The vocabulary has all of the model's own tokens by now, and outlives this.
  explicit AddedTokenList(VocabularyBuilder& vocabulary) : vocabulary_(vocabulary) {}

  /// A token of tokenizer.json with the id that stands there. It is numbered here, and takes the place of one
  /// with the same text. `origin` is the file that messages name. A token without text is never found, and
  /// not kept.
  void put(const AddedToken& token, const std::string& origin);
  /// Those of the settings files, in the order in which transformers numbers them: added tokens by the
  /// files' ids, those of tokenizer.json among them; special tokens that have a part, or else those of
  /// `usual`; and those without. Throws FormatError for one without a part for which vocab_size leaves no id.
  void put(const TokenizerSettings& settings, const SpecialTokenNames& usual);

  std::vector<AddedToken> take() { return std::move(tokens_); }

 private:
  AddedToken* find(const std::string& content);
  void number(AddedToken token, const std::string& origin);
  /// By the ids of the files; `by_text_` is filled on the way.
  std::map<std::int32_t, AddedToken> written_tokens(const TokenizerSettings& settings);
  std::vector<WrittenToken> named_tokens(const TokenizerSettings& settings,
                                         const SpecialTokenNames& usual) const;
  /// Those that are not there yet; the first `with_part` of them have a part.
  void put_special(const std::vector<WrittenToken>& tokens, std::size_t with_part,
                   const SpecialTokenNames& usual);
  void put_special(const AddedToken& token, const SpecialTokenNames& usual);

  VocabularyBuilder& vocabulary_;
  std::vector<AddedToken> tokens_;
  std::vector<AddedToken> listed_;             // as tokenizer.json has them
  std::map<std::string, AddedToken> by_text_;  // of all files, and of one text the last
};

}  // namespace transkimmer
