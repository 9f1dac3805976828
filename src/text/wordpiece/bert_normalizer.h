#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace transkimmer {

/// Normalised text that remembers where each byte came from. While every byte so far stands for the one at
/// the same place (plain ASCII), no list is kept.
class NormalizedText {
 public:
  /// Starts anew; `base` is where the text to come begins in the original.
  void reset(std::uint32_t base);

  const std::string& text() const { return text_; }
  /// The range of the original that [begin, end) of text() came from; begin < end.
  ByteRange origin(std::size_t begin, std::size_t end) const {
    if (origin_.empty()) {
      return {base_ + static_cast<std::uint32_t>(begin), base_ + static_cast<std::uint32_t>(end)};
    }
    return {origin_[begin].begin, origin_[end - 1].end};
  }

  /// Appends ASCII bytes that keep their places, to be changed one for one.
  char* append_in_place(std::size_t bytes, std::uint32_t from);
  /// Appends a character that came from `source`.
  void append(char32_t c, ByteRange source);

 private:
  void start_origins();

  std::string text_;
  std::vector<ByteRange> origin_;  // per byte of text_, or empty
  std::uint32_t base_ = 0;
};

/// What is done to characters before words are split (BertNormalizer of tokenizer.json).
struct BertNormalizerOptions {
  bool clean_text = true;            ///< drop control characters, turn every white space into a blank
  bool handle_chinese_chars = true;  ///< blanks around CJK ideographs
  bool strip_accents = true;         ///< decompose (NFD) and drop nonspacing marks
  bool lowercase = true;
};

/// The BertNormalizer of Hugging Face's tokenizers.
class BertNormalizer {
 public:
  explicit BertNormalizer(BertNormalizerOptions options) : options_(options) {}
  /// Replaces the content of `out` by `text` (valid UTF-8) normalised; `base` is where `text` begins in the
  /// original.
  void normalize(std::string_view text, std::uint32_t base, NormalizedText& out) const;

 private:
  BertNormalizerOptions options_;
};

}  // namespace transkimmer
