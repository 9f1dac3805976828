#include "text/wordpiece.h"

#include <algorithm>

#include "text/unicode.h"

namespace transkimmer {
namespace {

/// Tokens that are sought in normalised text are themselves normalised first.
std::vector<AddedToken> normalized_tokens(std::vector<AddedToken> tokens, const BertNormalizer& normalizer) {
  NormalizedText normalized;
  for (AddedToken& token : tokens) {
    normalizer.normalize(token.content, 0, normalized);
    token.content = normalized.text();
  }
  return tokens;
}

enum class CharacterKind : std::uint8_t { word, space, punctuation };

CharacterKind kind_of(char32_t c) {
  if (is_whitespace(c)) return CharacterKind::space;
  return is_punctuation(c) ? CharacterKind::punctuation : CharacterKind::word;
}

constexpr std::size_t kAscii = 128;

std::array<CharacterKind, kAscii> ascii_kinds() {
  std::array<CharacterKind, kAscii> kinds{};
  for (char32_t c = 0; c < kAscii; ++c) kinds[c] = kind_of(c);
  return kinds;
}

bool has_more_characters(std::string_view word, std::size_t limit) {
  if (word.size() <= limit) return false;
  const auto starts =
      std::count_if(word.begin(), word.end(), [](char c) { return !is_continuation_byte(c); });
  return static_cast<std::size_t>(starts) > limit;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceModel model)
    : model_(std::move(model)),
      normalizer_(model_.normalizer),
      in_original_(with_normalized(model_.added_tokens, false)),
      in_normalized_(normalized_tokens(with_normalized(model_.added_tokens, true), normalizer_)) {
  const std::string& prefix = model_.continuing_prefix;
  for (std::size_t i = 0; i < model_.vocabulary.size(); ++i) {
    const std::string& token = model_.vocabulary.tokens()[i];
    const auto id = static_cast<std::int32_t>(i);
    word_starts_.add(token, id);
    if (token.starts_with(prefix)) continuations_.add(std::string_view(token).substr(prefix.size()), id);
  }
}

std::vector<Piece> WordPieceTokenizer::pieces(std::string_view text) const {
  return tokenize_any_bytes(text, [this](std::string_view valid) { return pieces_of_valid(valid); });
}

std::vector<Piece> WordPieceTokenizer::pieces_of_valid(std::string_view text) const {
  std::vector<Piece> out;
  out.reserve(text.size() / 4 + 4);
  NormalizedText normalized;
  for (const AddedTokenMatcher::Part& part : in_original_.split(text)) {
    if (part.id >= 0) {
      out.push_back(
          {part.id, {static_cast<std::uint32_t>(part.begin), static_cast<std::uint32_t>(part.end)}});
      continue;
    }
    normalizer_.normalize(text.substr(part.begin, part.end - part.begin),
                          static_cast<std::uint32_t>(part.begin), normalized);
    if (in_normalized_.empty()) {
      add_words(normalized, 0, normalized.text().size(), out);
      continue;
    }
    for (const AddedTokenMatcher::Part& inner : in_normalized_.split(normalized.text())) {
      if (inner.id >= 0) {
        out.push_back({inner.id, normalized.origin(inner.begin, inner.end)});
      } else {
        add_words(normalized, inner.begin, inner.end, out);
      }
    }
  }
  return out;
}

void WordPieceTokenizer::add_words(const NormalizedText& normalized, std::size_t begin, std::size_t end,
                                   std::vector<Piece>& out) const {
  static const std::array<CharacterKind, kAscii> ascii = ascii_kinds();
  const std::string_view text(normalized.text().data(), end);
  std::size_t word = begin;
  for (std::size_t at = begin; at < end;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const Codepoint c = byte < kAscii ? Codepoint{byte, 1} : decode_utf8(text, at);
    const CharacterKind kind = byte < kAscii ? ascii[byte] : kind_of(c.value);
    const std::size_t next = at + c.length;
    if (kind != CharacterKind::word) {
      if (word < at) add_word(normalized, word, at, out);
      if (kind == CharacterKind::punctuation) add_word(normalized, at, next, out);
      word = next;
    }
    at = next;
  }
  if (word < end) add_word(normalized, word, end, out);
}

void WordPieceTokenizer::add_word(const NormalizedText& normalized, std::size_t begin, std::size_t end,
                                  std::vector<Piece>& out) const {
  const std::string_view word = std::string_view(normalized.text()).substr(begin, end - begin);
  const std::size_t pieces_before = out.size();
  bool is_known = !has_more_characters(word, model_.max_characters_per_word);
  for (std::size_t at = 0; is_known && at < word.size();) {
    const ByteTrie::Match match = (at == 0 ? word_starts_ : continuations_).longest_prefix(word.substr(at));
    is_known = match.value >= 0;
    if (is_known) out.push_back({match.value, normalized.origin(begin + at, begin + at + match.length)});
    at += match.length;
  }
  if (is_known) return;
  out.resize(pieces_before);
  out.push_back({model_.special_tokens.unknown, normalized.origin(begin, end)});
}

}  // namespace transkimmer
