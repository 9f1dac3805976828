#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/input_layout.h"
#include "text/offset_trimming.h"

namespace transkimmer {

/// One model input, without padding. All vectors have one entry per token, special tokens included.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  ///< token_type_ids, as the layout has them
  std::vector<ByteRange> offsets;      ///< into the text that `segments` names; {0,0} for special tokens
  std::vector<Segment> segments;
  bool truncated = false;  ///< tokens of a text were cut away
};

/// What to cut when a pair is longer than `max_length`, in Hugging Face's words.
enum class Truncation { none, longest_first, only_first, only_second };

/// Where a text that is too long is cut: at its end, or at its beginning.
enum class TruncationSide : std::uint8_t { right, left };

/// How texts become model inputs, whatever the algorithm is that finds their tokens.
struct InputRules {
  InputLayout layout;
  std::vector<OffsetTrim> offset_trims = {};  ///< one after the other
  TruncationSide truncation_side = TruncationSide::right;
  /// The most tokens of an input, special ones included (model_max_length); what the model's position table
  /// allows is another matter.
  std::size_t max_length = SIZE_MAX;
};

/// How texts are cut to length.
struct EncodeOptions {
  std::size_t max_length = 512;  ///< tokens, special tokens included; ignored when truncation is none
  Truncation truncation = Truncation::longest_first;
};

/// A token of plain text before special tokens are added.
struct Piece {
  std::int32_t id = 0;
  ByteRange offset;
};

/// A text given as words, made into tokens, and the word that each of them is of (word_ids).
struct EncodedWords {
  Encoding encoding;                   ///< offsets are within the words
  std::vector<std::int32_t> word_ids;  ///< [tokens]: index of the word; -1 of special tokens
};

/// Ids of the tokens with a part of their own; -1 where the vocabulary has none.
struct SpecialTokens {
  std::int32_t pad = 0;
  std::int32_t unknown = 0;
  std::int32_t begin = 0;      ///< [CLS] or <s>
  std::int32_t separator = 0;  ///< [SEP] or </s>
  std::int32_t mask = -1;
};

/// Text to ids, exactly as Hugging Face's tokenizers do it. Immutable after construction: every method is
/// safe to call from several threads at once. Invalid UTF-8 is read as U+FFFD, one per maximal invalid
/// subsequence; offsets still point into the bytes given.
class Tokenizer {
 public:
  explicit Tokenizer(InputRules rules) : rules_(std::move(rules)) {}
  virtual ~Tokenizer() = default;

  /// "WordPiece", "byte-level BPE".
  virtual std::string_view algorithm() const = 0;
  /// Ids of `text` alone: no special tokens, no truncation.
  virtual std::vector<Piece> pieces(std::string_view text) const = 0;
  /// The first `most` of pieces(text). Of a text that is much longer only a beginning is looked at, where it
  /// has blanks between its words, so that a text of any size takes little time and memory. Throws as
  /// `pieces` does.
  std::vector<Piece> first_pieces(std::string_view text, std::size_t most) const;
  /// The token's text as the vocabulary spells it ("##ing", "Ġthe"). Throws UsageError for an id out of
  /// range.
  virtual std::string_view token(std::int32_t id) const = 0;
  virtual std::size_t vocabulary_size() const = 0;
  virtual const SpecialTokens& special_tokens() const = 0;
  const InputRules& input_rules() const { return rules_; }

  /// One text as the layout has it: [CLS] text [SEP], say.
  Encoding encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// Two texts as the layout has them: [CLS] first [SEP] second [SEP], say.
  /// Throws UsageError when max_length leaves no room for the special tokens, or when truncating the one text
  /// that `truncation` allows is not enough.
  Encoding encode_pair(std::string_view first, std::string_view second,
                       const EncodeOptions& options = {}) const;
  /// One text that is given as words, each tokenised by itself. Throws UsageError as the others do.
  EncodedWords encode_words(std::span<const std::string> words, const EncodeOptions& options = {}) const;
  /// The same for texts already cut into pieces (windows over a long context).
  Encoding assemble(std::vector<Piece> first, std::optional<std::vector<Piece>> second,
                    const EncodeOptions& options) const;

 protected:
  /// Whether the pieces of a text that is cut at a last_word_end are the first of the whole text's, but for
  /// how far the last of them reaches (an added token may swallow the white space behind it).
  virtual bool cuts_at_blanks() const { return false; }

 public:
  /// Ids of a word that stands among others, as fast tokenizers have it with is_split_into_words: a
  /// byte-level vocabulary spells it with a blank before it (add_prefix_space).
  virtual std::vector<Piece> word_pieces(std::string_view word) const { return pieces(word); }
  /// What marks a token that goes on a word ("##"); empty where the vocabulary has no such mark.
  virtual std::string_view continuing_prefix() const { return {}; }

 private:
  /// As many pieces of the text as an encoding of these options may need, and one more where there are.
  std::vector<Piece> needed_pieces(std::string_view text, const EncodeOptions& options) const;

  InputRules rules_;
};

}  // namespace transkimmer
