#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_trie.h"

namespace transkimmer {

/// A token that is found in the text as it stands, before words are cut: "[MASK]", "<s>" and what a user
/// added.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< swallows the white space before it
  bool rstrip = false;       ///< swallows the white space after it
  bool normalized = false;   ///< sought in the normalised text rather than in the original
  bool special = false;      ///< steers the model rather than standing for text
  bool operator==(const AddedToken&) const = default;
};

/// What a special token becomes that is written out in a text: itself, or (split) what plain text of the same
/// characters would be.
enum class SpecialTokensInText : std::uint8_t { whole, split };

/// Of the ids that plain text may become, by id: false for those of special tokens where these are split.
/// `unknown` may be: it is what becomes of words that the vocabulary lacks.
std::vector<bool> ids_of_plain_text(std::size_t vocabulary_size, const std::vector<AddedToken>& tokens,
                                    SpecialTokensInText special, std::int32_t unknown);

/// Those of `tokens` whose `normalized` is as given.
std::vector<AddedToken> with_normalized(const std::vector<AddedToken>& tokens, bool normalized);

/// Cuts a text at the added tokens in it: leftmost first, the longest of those that start at one place.
class AddedTokenMatcher {
 public:
  /// `tokens` whose content is empty are never found; nor are special ones where they are split.
  AddedTokenMatcher(std::vector<AddedToken> tokens, SpecialTokensInText special);

  struct Part {
    std::int32_t id = -1;  ///< -1: text between added tokens
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// The parts of `text` (valid UTF-8) in order; none is empty. Only in white space may they overlap: a token
  /// of white space is found in what the one before it swallowed, as in Hugging Face's tokenizers.
  std::vector<Part> split(std::string_view text) const;
  bool empty() const { return trie_.empty(); }
  /// Whether a blank stands in any of the tokens (see is_blank): then a cut at a blank may cut a token.
  bool has_blanks() const;

 private:
  /// The next match at or after `from`, or one with value -1; `at` is set to where it starts.
  ByteTrie::Match next_match(std::string_view text, std::size_t from, std::size_t& at) const;

  std::vector<AddedToken> tokens_;
  SpecialTokensInText special_;
  ByteTrie trie_;  // content -> index into tokens_
  std::array<bool, 256> starts_{};
};

}  // namespace transkimmer
