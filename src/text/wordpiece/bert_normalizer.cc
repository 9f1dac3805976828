#include "text/wordpiece/bert_normalizer.h"

#include <algorithm>
#include <array>

#include "text/unicode/unicode.h"

namespace transkimmer {

void NormalizedText::reset(std::uint32_t base) {
  text_.clear();
  origin_.clear();
  base_ = base;
}

void NormalizedText::start_origins() {
  if (!origin_.empty()) return;
  for (std::uint32_t i = 0; i < text_.size(); ++i) origin_.push_back({base_ + i, base_ + i + 1});
}

char* NormalizedText::append_in_place(std::size_t bytes, std::uint32_t from) {
  const std::size_t before = text_.size();
  if (origin_.empty() && from != base_ + before) start_origins();
  if (!origin_.empty() || from != base_ + before) {
    for (std::uint32_t i = 0; i < bytes; ++i) origin_.push_back({from + i, from + i + 1});
  }
  text_.resize(before + bytes);
  return text_.data() + before;
}

void NormalizedText::append(char32_t c, ByteRange source) {
  start_origins();
  const std::size_t before = text_.size();
  append_utf8(c, text_);
  origin_.insert(origin_.end(), text_.size() - before, source);
}

namespace {

constexpr std::int8_t kRemoved = -1;

/// Per ASCII character: what to write for it, or kRemoved.
std::array<std::int8_t, 128> ascii_table(const BertNormalizerOptions& options) {
  std::array<std::int8_t, 128> table{};
  for (char32_t c = 0; c < table.size(); ++c) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    table[c] = static_cast<std::int8_t>(is_upper && options.lowercase ? c + 'a' - 'A' : c);
    if (!options.clean_text) continue;
    if (is_whitespace(c)) table[c] = ' ';
    if (is_removed_by_cleaning(c)) table[c] = kRemoved;
  }
  return table;
}

/// The character-by-character path: cleaning, CJK, decomposition in canonical order, accents, case.
class CharacterNormalizer {
 public:
  CharacterNormalizer(const BertNormalizerOptions& options, NormalizedText& out)
      : options_(options), out_(out) {}

  void add(char32_t c, ByteRange source) {
    if (options_.clean_text) {
      if (is_removed_by_cleaning(c)) return;
      if (is_whitespace(c)) c = ' ';
    }
    const bool is_own_word = options_.handle_chinese_chars && is_cjk_ideograph(c);
    if (is_own_word) decompose(' ', source);
    decompose(c, source);
    if (is_own_word) decompose(' ', source);
  }

  /// Writes the marks that waited. In canonical order they stand for the characters in the order of the text,
  /// so that origins never run backwards.
  void finish() {
    if (marks_.size() > 1)
      std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& left, const Mark& right) {
        return left.combining_class < right.combining_class;
      });
    std::size_t next = 0;
    for (const Mark& mark : marks_) {
      if (mark.opens_character) last_source_ = mark_sources_[next++];
      emit(mark.c, last_source_);
    }
    marks_.clear();
    mark_sources_.clear();
  }

 private:
  struct Mark {
    char32_t c;
    int combining_class;
    bool opens_character;  // the first of what its character decomposes to
  };

  void decompose(char32_t c, ByteRange source) {
    if (!options_.strip_accents) return emit(c, source);
    std::array<char32_t, 8> parts;
    const int count = canonical_decomposition(c, parts.data());
    for (int i = 0; i < count; ++i) reorder(parts[static_cast<std::size_t>(i)], i == 0, source);
  }

  /// Marks wait for the next starter, before which `finish` writes them, stably sorted by combining class.
  void reorder(char32_t c, bool opens_character, ByteRange source) {
    const int own_class = combining_class(c);
    if (own_class == 0) {
      finish();
      if (opens_character) last_source_ = source;
      return emit(c, last_source_);
    }
    marks_.push_back({c, own_class, opens_character});
    if (opens_character) mark_sources_.push_back(source);
  }

  void emit(char32_t c, ByteRange source) {
    if (options_.strip_accents && is_nonspacing_mark(c)) return;
    if (!options_.lowercase) return out_.append(c, source);
    std::array<char32_t, 2> lowered;
    const int count = lower_case(c, lowered.data());
    for (int i = 0; i < count; ++i) out_.append(lowered[i], source);
  }

  const BertNormalizerOptions& options_;
  NormalizedText& out_;
  std::vector<Mark> marks_;
  std::vector<ByteRange> mark_sources_;  // of the marks that open a character, in the order of the text
  ByteRange last_source_;
};

}  // namespace

void BertNormalizer::normalize(std::string_view text, std::uint32_t base, NormalizedText& out) const {
  out.reset(base);
  const std::array<std::int8_t, 128> ascii = ascii_table(options_);
  const auto written_for = [&](std::size_t at) { return ascii[static_cast<unsigned char>(text[at])]; };
  const auto place = [&](std::size_t at) { return base + static_cast<std::uint32_t>(at); };
  CharacterNormalizer characters(options_, out);
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t run_end = at + ascii_prefix(text.substr(at)); run_end > at) {
      characters.finish();
      std::size_t kept_end = at;
      while (kept_end < run_end && written_for(kept_end) != kRemoved) ++kept_end;
      char* written = out.append_in_place(kept_end - at, place(at));
      for (; at < kept_end; ++at) *written++ = static_cast<char>(written_for(at));
      while (at < run_end && written_for(at) == kRemoved) ++at;
      continue;
    }
    const Codepoint c = decode_utf8(text, at);
    characters.add(c.value, {place(at), place(at + c.length)});
    at += c.length;
  }
  characters.finish();
}

}  // namespace transkimmer
