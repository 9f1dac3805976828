#include "text/byte_level_bpe/byte_level_bpe.h"

#include <algorithm>
#include <iterator>

#include "text/any_bytes.h"
#include "text/byte_level_bpe/gpt2_words.h"
#include "text/unicode/unicode.h"

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

/// Of how many bytes the character is that stands for a byte.
std::uint32_t symbol_length(char byte) {
  return kSymbols[static_cast<unsigned char>(byte)] < 0x80 ? 1 : 2;
}

/// The smallest range of whole characters that holds [begin, end).
ByteRange whole_characters(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin > 0 && begin < text.size() && is_continuation_byte(text[begin])) --begin;
  while (end < text.size() && is_continuation_byte(text[end])) ++end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

/// Where bytes of a word have no symbol and are dropped, Hugging Face's tokenizers give those that are left
/// the places at the word's beginning, counted in bytes of its spelling.
void count_in_spelling(std::string_view word, std::vector<BpeSymbol>& symbols) {
  std::uint32_t place = 0;
  for (BpeSymbol& symbol : symbols) {
    const std::uint32_t length = symbol_length(word[symbol.begin]);
    symbol.begin = place;
    symbol.end = place += length;
  }
}

/// From places in the word's spelling back to bytes of the word.
void count_in_word(std::string_view word, std::vector<BpeSymbol>& symbols) {
  std::vector<std::uint32_t> bytes;
  for (std::uint32_t i = 0; i < word.size(); ++i) bytes.insert(bytes.end(), symbol_length(word[i]), i);
  for (BpeSymbol& symbol : symbols) symbol = {symbol.id, bytes[symbol.begin], bytes[symbol.end - 1] + 1};
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

char32_t byte_symbol(unsigned char byte) {
  return kSymbols[byte];
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
  for (const std::string& token : model_.vocabulary.tokens()) blank_ends_.push_back(blank_ends(token));
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
  bool some_dropped = false;
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
    } else {
      some_dropped = true;
    }
  }
  if (some_dropped) count_in_spelling(word, symbols);
  merges_.apply(symbols);
  if (some_dropped) count_in_word(word, symbols);
}

std::vector<Piece> ByteLevelBpeTokenizer::pieces(std::string_view text) const {
  return tokenize_any_bytes(text, [this](std::string_view valid) { return pieces_of_valid(valid); });
}

std::vector<Piece> ByteLevelBpeTokenizer::pieces_of_valid(std::string_view text) const {
  std::vector<Piece> out;
  out.reserve(text.size() / 4 + 4);
  Scratch scratch;
  const auto add_parts = [&](const AddedTokenMatcher& matcher, std::size_t begin, std::size_t end,
                             const auto& between) {
    for (const AddedTokenMatcher::Part& part : matcher.split(text.substr(begin, end - begin))) {
      if (part.id >= 0) {
        const ByteRange range = {static_cast<std::uint32_t>(begin + part.begin),
                                 static_cast<std::uint32_t>(begin + part.end)};
        const BlankEnds ends = blank_ends(text.substr(range.begin, range.end - range.begin));
        out.push_back({part.id, trimmed_range(range, ends, text, out.empty())});
      } else {
        between(begin + part.begin, begin + part.end);
      }
    }
  };
  add_parts(sought_first_, 0, text.size(), [&](std::size_t begin, std::size_t end) {
    add_parts(sought_second_, begin, end,
              [&](std::size_t first, std::size_t last) { add_words(text, first, last, scratch, out); });
  });
  return out;
}

void ByteLevelBpeTokenizer::add_words(std::string_view text, std::size_t begin, std::size_t end,
                                      Scratch& scratch, std::vector<Piece>& out) const {
  std::string_view part = text.substr(begin, end - begin);
  const std::uint32_t prefix = model_.add_prefix_space && part.front() != ' ' ? 1 : 0;
  const std::uint32_t first_end = decode_utf8(part, 0).length;
  if (prefix > 0) {
    scratch.prefixed.assign(1, ' ').append(part);
    part = scratch.prefixed;
  }
  // The blank put before the part stands for its first character.
  const auto add = [&](std::int32_t id, std::size_t from, std::size_t to) {
    ByteRange range = whole_characters(part, from, to);
    range.begin = static_cast<std::uint32_t>(begin) + std::max(range.begin, prefix) - prefix;
    range.end =
        static_cast<std::uint32_t>(begin) + (prefix > 0 && range.end == 1 ? first_end : range.end - prefix);
    const BlankEnds ends = blank_ends_[static_cast<std::size_t>(id)];
    out.push_back({id, trimmed_range(range, ends, text, out.empty())});
  };
  for (std::size_t at = 0; at < part.size();) {
    const std::size_t word_end = gpt2_word_end(part, at);
    const std::string_view word = part.substr(at, word_end - at);
    if (const std::int32_t whole = whole_words_.find(word); whole >= 0) {
      add(whole, at, word_end);
    } else {
      merge(word, scratch.symbols);
      for (const BpeSymbol& symbol : scratch.symbols) add(symbol.id, at + symbol.begin, at + symbol.end);
    }
    at = word_end;
  }
}

}  // namespace transkimmer
