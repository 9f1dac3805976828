#include "text/wordpiece/wordpiece.h"

#include <algorithm>

#include "text/any_bytes.h"
#include "text/unicode/unicode.h"
#include "text/wordpiece/bert_words.h"

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

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceModel model)
    : Tokenizer(model.rules),
      model_(std::move(model)),
      normalizer_(model_.normalizer),
      in_original_(with_normalized(model_.added_tokens, false), model_.special_in_text),
      in_normalized_(normalized_tokens(with_normalized(model_.added_tokens, true), normalizer_),
                     model_.special_in_text),
      cover_(model_.vocabulary.model_tokens(),
             ids_of_plain_text(model_.vocabulary.size(), model_.added_tokens, model_.special_in_text,
                               model_.special_tokens.unknown),
             {model_.continuing_prefix, model_.max_characters_per_word}) {}

std::vector<Piece> WordPieceTokenizer::pieces(std::string_view text) const {
  return tokenize_any_bytes(text, [this](std::string_view valid) { return pieces_of_valid(valid); });
}

std::vector<Piece> WordPieceTokenizer::pieces_of_valid(std::string_view text) const {
  std::vector<Piece> out;
  out.reserve(text.size() / 4 + 4);
  NormalizedText normalized;
  for (const AddedTokenMatcher::Part& part : in_original_.split(text)) {
    if (part.id >= 0) {
      const ByteRange range = {static_cast<std::uint32_t>(part.begin), static_cast<std::uint32_t>(part.end)};
      add({part.id, range}, text.substr(part.begin, part.end - part.begin), text, out);
      continue;
    }
    normalizer_.normalize(text.substr(part.begin, part.end - part.begin),
                          static_cast<std::uint32_t>(part.begin), normalized);
    if (in_normalized_.empty()) {
      add_words(normalized, 0, normalized.text().size(), text, out);
      continue;
    }
    for (const AddedTokenMatcher::Part& inner : in_normalized_.split(normalized.text())) {
      if (inner.id >= 0) {
        const std::string_view found =
            std::string_view(normalized.text()).substr(inner.begin, inner.end - inner.begin);
        add({inner.id, normalized.origin(inner.begin, inner.end)}, found, text, out);
      } else {
        add_words(normalized, inner.begin, inner.end, text, out);
      }
    }
  }
  return out;
}

void WordPieceTokenizer::add(Piece piece, std::string_view spelling, std::string_view text,
                             std::vector<Piece>& out) const {
  const std::vector<OffsetTrim>& trims = input_rules().offset_trims;
  if (!trims.empty()) piece.offset = trimmed(piece.offset, blank_ends(spelling), out.empty(), text, trims);
  out.push_back(piece);
}

void WordPieceTokenizer::add_words(const NormalizedText& normalized, std::size_t begin, std::size_t end,
                                   std::string_view text, std::vector<Piece>& out) const {
  for_each_bert_word(normalized.text(), begin, end,
                     [&](std::size_t from, std::size_t to) { add_word(normalized, from, to, text, out); });
}

void WordPieceTokenizer::add_word(const NormalizedText& normalized, std::size_t begin, std::size_t end,
                                  std::string_view text, std::vector<Piece>& out) const {
  const std::string_view word = std::string_view(normalized.text()).substr(begin, end - begin);
  const std::size_t pieces_before = out.size();
  const bool is_known = cover_.cover(word, [&](std::int32_t id, std::size_t from, std::size_t to) {
    add({id, normalized.origin(begin + from, begin + to)}, token(id), text, out);
  });
  if (is_known) return;
  out.resize(pieces_before);
  const std::int32_t unknown = model_.special_tokens.unknown;
  add({unknown, normalized.origin(begin, end)}, token(unknown), text, out);
}

}  // namespace transkimmer
