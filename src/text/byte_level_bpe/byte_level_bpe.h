#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_tokens.h"
#include "text/byte_level_bpe/bpe_merges.h"
#include "text/byte_trie.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace transkimmer {

/// The bytes that a token of a byte-level vocabulary spells ("Ġthe" is " the"), or nothing when it has a
/// character that stands for no byte.
std::optional<std::string> bytes_of_token(std::string_view token);
/// The character that stands for a byte: Ġ for a blank.
char32_t byte_symbol(unsigned char byte);
/// The same as UTF-8.
std::string symbol_of_byte(unsigned char byte);

/// What a byte-level BPE tokenizer is made of.
struct ByteLevelBpeModel {
  Vocabulary vocabulary;  ///< by id, added tokens included
  std::vector<AddedToken> added_tokens;
  SpecialTokensInText special_in_text = SpecialTokensInText::whole;
  SpecialTokens special_tokens;
  InputRules rules;
  std::vector<BpeMerge> merges;  ///< in order of rank
  bool add_prefix_space =
      false;  ///< a text (or what follows an added token) that starts without a blank gets one
  bool ignore_merges = false;  ///< a word that is a token is that token, whether or not merges lead to it
  /// What a byte without a symbol in the vocabulary becomes; where none is named it is dropped.
  std::optional<std::int32_t> missing_byte;
  bool fuse_missing_bytes = false;  ///< of neighbouring ones, one token
};

/// RoBERTa's and GPT-2's tokenizer: text is cut by gpt2_word_end, and the bytes of each word are merged.
/// Offsets never cut a character.
class ByteLevelBpeTokenizer final : public Tokenizer {
 public:
  explicit ByteLevelBpeTokenizer(ByteLevelBpeModel model);

  std::string_view algorithm() const override { return "byte-level BPE"; }
  std::vector<Piece> pieces(std::string_view text) const override;
  std::string_view token(std::int32_t id) const override { return model_.vocabulary.token(id); }
  std::size_t vocabulary_size() const override { return model_.vocabulary.size(); }
  const SpecialTokens& special_tokens() const override { return model_.special_tokens; }

 private:
  struct Scratch;
  bool cuts_at_blanks() const override { return !sought_first_.has_blanks() && !sought_second_.has_blanks(); }
  std::vector<Piece> pieces_of_valid(std::string_view text) const;
  /// Appends the pieces of [begin, end) of `text`, in which no added token is.
  void add_words(std::string_view text, std::size_t begin, std::size_t end, Scratch& scratch,
                 std::vector<Piece>& out) const;
  /// The symbols of one word, merged.
  void merge(std::string_view word, std::vector<BpeSymbol>& symbols) const;
  void index_whole_words();
  /// The merges that plain text may take.
  std::vector<BpeMerge> plain_merges() const;
  /// The range of `text` without what the rules trim from it.
  ByteRange trimmed_range(ByteRange range, BlankEnds ends, std::string_view text, bool is_first) const {
    return trimmed(range, ends, is_first, text, input_rules().offset_trims);
  }

  ByteLevelBpeModel model_;
  AddedTokenMatcher sought_first_;
  AddedTokenMatcher
      sought_second_;        // `normalized` ones, in what the first leave; there is no normaliser here
  std::vector<bool> plain_;  // by id: whether plain text may become this token
  BpeMerges merges_;
  std::vector<BlankEnds> blank_ends_;         // by id
  std::array<std::int32_t, 256> byte_ids_{};  // -1 where the vocabulary has no symbol for the byte
  ByteTrie whole_words_;                      // words that end as one token
};

}  // namespace transkimmer
