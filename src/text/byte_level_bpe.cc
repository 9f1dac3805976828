#include "text/byte_level_bpe.h"

#include <algorithm>
#include <iterator>

#include "text/gpt2_words.h"
#include "text/unicode.h"

namespace transkimmer {
namespace {

/// Bytes that stand for themselves, as the Latin-1 character of the same number. The others take U+0100 and
/// up.
constexpr bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

constexpr std::array<char32_t, 256> byte_symbols() {
  std::array<char32_t, 256> symbols{};
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    symbols[static_cast<std::size_t>(byte)] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return symbols;
}

constexpr std::array<char32_t, 256> kSymbols = byte_symbols();
constexpr char32_t kSymbolsEnd = 0x100 + 68;  // 68 bytes do not stand for themselves

constexpr std::array<std::int16_t, kSymbolsEnd> symbol_bytes() {
  std::array<std::int16_t, kSymbolsEnd> bytes{};
  for (auto& byte : bytes) byte = -1;
  for (std::size_t byte = 0; byte < kSymbols.size(); ++byte)
    bytes[kSymbols[byte]] = static_cast<std::int16_t>(byte);
  return bytes;
}

/// The range of `text` that a token covers, whole characters; trimmed: without the blanks at either side.
ByteRange range_of_token(std::string_view text, std::size_t begin, std::size_t end, bool trimmed) {
  std::size_t first = begin;
  std::size_t last = end;
  while (trimmed && first < end && text[first] == ' ') ++first;
  while (trimmed && last > first && text[last - 1] == ' ') --last;
  while (first > 0 && first < text.size() && is_continuation_byte(text[first])) --first;
  while (last < text.size() && is_continuation_byte(text[last])) ++last;
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
}

/// [begin, end) without the white space at either side.
ByteRange without_white_space(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && is_whitespace(decode_utf8(text, begin).value))
    begin += decode_utf8(text, begin).length;
  while (begin < end) {
    const std::size_t last = last_character(text.substr(0, end));
    if (!is_whitespace(decode_utf8(text, last).value)) break;
    end = last;
  }
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace

std::optional<std::string> bytes_of_token(std::string_view token) {
  static constexpr std::array<std::int16_t, kSymbolsEnd> kBytes = symbol_bytes();
  std::string bytes;
  for (std::size_t at = 0; at < token.size();) {
    const Codepoint c = decode_utf8(token, at);
    if (c.value >= kSymbolsEnd || kBytes[c.value] < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(kBytes[c.value]));
    at += c.length;
  }
  return bytes;
}

std::string symbol_of_byte(unsigned char byte) {
  std::string symbol;
  append_utf8(kSymbols[byte], symbol);
  return symbol;
}

/// Memory that is kept from word to word.
struct ByteLevelBpeTokenizer::Scratch {
  std::string prefixed;
  std::vector<BpeSymbol> symbols;
};

ByteLevelBpeTokenizer::ByteLevelBpeTokenizer(ByteLevelBpeModel model)
    : Tokenizer(model.rules),
      model_(std::move(model)),
      sought_first_(with_normalized(model_.added_tokens, false), model_.special_in_text),
      sought_second_(with_normalized(model_.added_tokens, true), model_.special_in_text),
      plain_(ids_of_plain_text(model_.vocabulary.size(), model_.added_tokens, model_.special_in_text,
                               model_.special_tokens.unknown)),
      merges_(plain_merges()) {
  byte_ids_.fill(-1);
  for (std::size_t i = 0; i < model_.vocabulary.model_size(); ++i) {
    if (!plain_[i]) continue;
    const auto bytes = bytes_of_token(model_.vocabulary.tokens()[i]);
    if (bytes && bytes->size() == 1)
      byte_ids_[static_cast<unsigned char>(bytes->front())] = static_cast<std::int32_t>(i);
  }
  index_whole_words();
}

/// Most words of a text are one token: it is looked up instead of merged. A token counts only if merging its
/// own bytes leads to it, so that the result is the same.
void ByteLevelBpeTokenizer::index_whole_words() {
  std::vector<BpeSymbol> symbols;
  for (std::size_t i = 0; i < model_.vocabulary.model_size(); ++i) {
    const auto bytes = bytes_of_token(model_.vocabulary.tokens()[i]);
    if (!plain_[i] || !bytes || bytes->empty()) continue;
    const auto id = static_cast<std::int32_t>(i);
    merge(*bytes, symbols);
    if (model_.ignore_merges || (symbols.size() == 1 && symbols.front().id == id))
      whole_words_.add(*bytes, id);
  }
}

std::vector<BpeMerge> ByteLevelBpeTokenizer::plain_merges() const {
  std::vector<BpeMerge> merges;
  std::copy_if(model_.merges.begin(), model_.merges.end(), std::back_inserter(merges),
               [&](const BpeMerge& merge) { return plain_.at(static_cast<std::size_t>(merge.result)); });
  return merges;
}

void ByteLevelBpeTokenizer::merge(std::string_view word, std::vector<BpeSymbol>& symbols) const {
  symbols.clear();
  bool after_missing = false;
  for (std::uint32_t i = 0; i < word.size(); ++i) {
    const std::int32_t own = byte_ids_[static_cast<unsigned char>(word[i])];
    if (own >= 0) {
      symbols.push_back({own, i, i + 1});
      after_missing = false;
    } else if (model_.missing_byte) {
      if (after_missing && model_.fuse_missing_bytes) {
        symbols.back().end = i + 1;
      } else {
        symbols.push_back({*model_.missing_byte, i, i + 1});
      }
      after_missing = true;
    }
  }
  merges_.apply(symbols);
}

std::vector<Piece> ByteLevelBpeTokenizer::pieces(std::string_view text) const {
  return tokenize_any_bytes(text, [this](std::string_view valid) { return pieces_of_valid(valid); });
}

ByteRange ByteLevelBpeTokenizer::range_of_added_token(std::string_view text, std::size_t begin,
                                                      std::size_t end) const {
  if (model_.trim_offsets) return without_white_space(text, begin, end);
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

std::vector<Piece> ByteLevelBpeTokenizer::pieces_of_valid(std::string_view text) const {
  std::vector<Piece> out;
  out.reserve(text.size() / 4 + 4);
  Scratch scratch;
  const auto add_parts = [&](const AddedTokenMatcher& matcher, std::size_t begin, std::size_t end,
                             const auto& between) {
    for (const AddedTokenMatcher::Part& part : matcher.split(text.substr(begin, end - begin))) {
      if (part.id >= 0) {
        out.push_back({part.id, range_of_added_token(text, begin + part.begin, begin + part.end)});
      } else {
        between(begin + part.begin, begin + part.end);
      }
    }
  };
  add_parts(sought_first_, 0, text.size(), [&](std::size_t begin, std::size_t end) {
    add_parts(sought_second_, begin, end, [&](std::size_t first, std::size_t last) {
      add_words(text.substr(first, last - first), static_cast<std::uint32_t>(first), scratch, out);
    });
  });
  return out;
}

void ByteLevelBpeTokenizer::add_words(std::string_view text, std::uint32_t base, Scratch& scratch,
                                      std::vector<Piece>& out) const {
  const bool is_prefixed = model_.add_prefix_space && text.front() != ' ';
  if (is_prefixed) {
    scratch.prefixed.assign(1, ' ').append(text);
    text = scratch.prefixed;
  }
  const auto add = [&](std::int32_t id, std::size_t begin, std::size_t end) {
    ByteRange range = range_of_token(text, begin, end, model_.trim_offsets);
    if (is_prefixed) range = {range.begin > 0 ? range.begin - 1 : 0, range.end > 0 ? range.end - 1 : 0};
    out.push_back({id, {base + range.begin, base + range.end}});
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = gpt2_word_end(text, at);
    const std::string_view word = text.substr(at, end - at);
    if (const std::int32_t whole = whole_words_.find(word); whole >= 0) {
      add(whole, at, end);
    } else {
      merge(word, scratch.symbols);
      for (const BpeSymbol& symbol : scratch.symbols) add(symbol.id, at + symbol.begin, at + symbol.end);
    }
    at = end;
  }
}

}  // namespace transkimmer
