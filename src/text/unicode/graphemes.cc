#include "text/unicode/graphemes.h"

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

constexpr char32_t kZeroWidthJoiner = 0x200D;

bool extends(GraphemeClass kind) {
  return kind == GraphemeClass::extend || kind == GraphemeClass::plain_extend ||
         kind == GraphemeClass::linker;
}

/// Syllables that end in a vowel take a final consonant still.
bool is_open_syllable(char32_t c) {
  constexpr char32_t kFirstSyllable = 0xAC00;
  constexpr char32_t kFinals = 28;
  return (c - kFirstSyllable) % kFinals == 0;
}

/// What has been read of a cluster.
class Cluster {
 public:
  explicit Cluster(char32_t first) { add(first, grapheme_class(first)); }

  bool goes_on_with(char32_t c, GraphemeClass kind) const {
    using enum GraphemeClass;
    if (last_kind_ == control || kind == control) return last_ == '\r' && c == '\n';
    if (extends(kind) || kind == spacing_mark || last_kind_ == prepend) return true;
    if (kind == consonant) return conjunct_ && linked_;
    if (kind == pictograph) return joined_pictograph_;
    return joins_hangul(kind);
  }

  void add(char32_t c, GraphemeClass kind) {
    using enum GraphemeClass;
    const bool is_joiner = c == kZeroWidthJoiner;
    joined_pictograph_ = is_joiner && pictograph_;
    pictograph_ = kind == pictograph || (pictograph_ && extends(kind) && !is_joiner);
    linked_ = kind == linker || (linked_ && kind == extend);
    conjunct_ = kind == consonant || (conjunct_ && (kind == linker || kind == extend));
    last_ = c;
    last_kind_ = kind;
  }

 private:
  bool joins_hangul(GraphemeClass kind) const {
    using enum GraphemeClass;
    const bool after_syllable = last_kind_ == hangul_syllable;
    const bool after_open = last_kind_ == hangul_v || (after_syllable && is_open_syllable(last_));
    if (last_kind_ == hangul_l) return kind == hangul_l || kind == hangul_v || kind == hangul_syllable;
    if (kind == hangul_v) return after_open;
    return kind == hangul_t && (after_open || after_syllable || last_kind_ == hangul_t);
  }

  char32_t last_ = 0;
  GraphemeClass last_kind_ = GraphemeClass::other;
  bool pictograph_ = false;         // and only what extends behind it
  bool joined_pictograph_ = false;  // the same, and a joiner
  bool conjunct_ = false;           // a consonant, and only what extends or links behind it
  bool linked_ = false;             // one of these links
};

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t at) {
  const Codepoint first = decode_utf8(text, at);
  at += first.length;
  if (at == text.size()) return at;
  Cluster cluster(first.value);
  while (at < text.size()) {
    const Codepoint next = decode_utf8(text, at);
    const GraphemeClass kind = grapheme_class(next.value);
    if (!cluster.goes_on_with(next.value, kind)) break;
    cluster.add(next.value, kind);
    at += next.length;
  }
  return at;
}

}  // namespace transkimmer
