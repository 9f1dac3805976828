#pragma once

#include <cstdint>
#include <span>

namespace transkimmer {

/// What a character is to Hugging Face's tokenizers. Its parts were built from several versions of Unicode,
/// of which each decides something else, so that no library's tables hold all of the answers.
namespace character_flags {
inline constexpr std::uint16_t kLetter = 1;               ///< \p{L} of the byte-level pre-tokenizer
inline constexpr std::uint16_t kNumber = 1 << 1;          ///< its \p{N}
inline constexpr std::uint16_t kPunctuation = 1 << 2;     ///< a word of its own in BERT's pre-tokenizer
inline constexpr std::uint16_t kRemoved = 1 << 3;         ///< by BERT's cleaning
inline constexpr std::uint16_t kNonspacingMark = 1 << 4;  ///< dropped when accents are stripped
inline constexpr std::uint16_t kWord = 1 << 5;            ///< \w around an added token
inline constexpr std::uint16_t kDecomposed = 1 << 6;      ///< by NFD
inline constexpr std::uint16_t kReordered = 1 << 7;       ///< by NFD: its canonical combining class is not 0
inline constexpr std::uint16_t kMark = 1 << 8;            ///< dropped by the normalizer StripAccents
inline constexpr std::uint16_t kNumeric = 1 << 9;         ///< a digit to the pre-tokenizer Digits
inline constexpr std::uint16_t kCompatible = 1 << 10;     ///< decomposed further by NFKD than by NFD
// 1 << 11 is CharacterTable's own.
}  // namespace character_flags

/// What a character is to the rules of extended grapheme clusters. The numbers are those of the generator.
enum class GraphemeClass : std::uint16_t {
  other,
  control,
  extend,        ///< of conjuncts, too
  plain_extend,  ///< of no conjunct
  linker,        ///< extends, and joins the consonants of a conjunct
  spacing_mark,
  prepend,
  hangul_l,
  hangul_v,
  hangul_t,
  hangul_syllable,
  pictograph,
  consonant  ///< of a conjunct
};
/// Where a GraphemeClass begins among the flags.
inline constexpr int kGraphemeShift = 12;

/// Characters from `first` up to the next run's have the same flags.
struct CharacterRun {
  char32_t first;
  std::uint16_t flags;
};
/// In ascending order, from U+0000 on.
std::span<const CharacterRun> character_runs();

/// Each of the characters first, first + step, ... last becomes the one `distance` further in lower case.
struct LowerCaseRun {
  char32_t first;
  char32_t last;
  std::uint32_t step;
  std::int32_t distance;
};
/// In ascending order. U+0130, which becomes two characters, is not among them.
std::span<const LowerCaseRun> lower_case_runs();

}  // namespace transkimmer
