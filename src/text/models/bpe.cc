#include "text/models/bpe.h"

#include <algorithm>
#include <iterator>

#include "text/models/byte_tokens.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

std::vector<BpeMerge> allowed_merges(const std::vector<BpeMerge>& merges, const std::vector<bool>& allowed) {
  std::vector<BpeMerge> kept;
  std::copy_if(merges.begin(), merges.end(), std::back_inserter(kept),
               [&](const BpeMerge& merge) { return allowed.at(static_cast<std::size_t>(merge.result)); });
  return kept;
}

}  // namespace

/// Of a word, one behind the other. Unknown characters are held back until a known one follows, so that the
/// bytes which stand for others in between come before them, as in Hugging Face's tokenizers.
class Bpe::Symbols {
 public:
  explicit Symbols(std::vector<BpeSymbol>& symbols) : symbols_(symbols) { symbols_.clear(); }

  void add(std::int32_t id, std::uint32_t bytes) {
    symbols_.push_back({id, end_, end_ + bytes});
    end_ += bytes;
  }
  void add_known(std::int32_t id, std::uint32_t bytes) {
    add_unknown_held();
    add(id, bytes);
  }
  void hold_unknown(std::int32_t id, std::uint32_t bytes, bool fuse) {
    if (!fuse) add_unknown_held();
    unknown_ = id;
    held_ += bytes;
  }
  void add_unknown_held() {
    if (held_ > 0) add(unknown_, held_);
    held_ = 0;
  }

 private:
  std::vector<BpeSymbol>& symbols_;
  std::uint32_t end_ = 0;
  std::int32_t unknown_ = -1;
  std::uint32_t held_ = 0;
};

Bpe::Bpe(std::span<const std::string> tokens, const std::vector<bool>& allowed, BpeOptions options)
    : options_(std::move(options)), merges_(allowed_merges(options_.merges, allowed)) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (allowed.at(i)) trie_.add(tokens[i], static_cast<std::int32_t>(i));
  byte_tokens_ = byte_tokens(trie_, options_.byte_fallback);
}

void Bpe::tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const {
  if (options_.ignore_merges) {
    if (const std::int32_t whole = trie_.find(word); whole >= 0)
      return out.push_back({whole, 0, static_cast<std::uint32_t>(word.size()), false});
  }
  Symbols symbols(scratch.symbols);
  add_characters(word, scratch.spelling, symbols);
  merges_.apply(scratch.symbols);
  for (const BpeSymbol& symbol : scratch.symbols) out.push_back({symbol.id, symbol.begin, symbol.end, false});
}

void Bpe::add_characters(std::string_view word, std::string& spelling, Symbols& symbols) const {
  for (std::size_t at = 0; at < word.size();) {
    const std::uint32_t length = decode_utf8(word, at).length;
    const std::string_view character = word.substr(at, length);
    const bool is_first = at == 0;
    at += length;
    const bool is_last = at == word.size();
    spelling.assign(is_first ? "" : options_.continuing_prefix).append(character);
    if (is_last) spelling += options_.ending;
    if (const std::int32_t id = trie_.find(spelling); id >= 0) {
      symbols.add_known(id, length);
    } else if (!add_bytes(character, symbols) && options_.unknown) {
      symbols.hold_unknown(*options_.unknown, length, options_.fuse_unknown);
    }
  }
  symbols.add_unknown_held();
}

bool Bpe::add_bytes(std::string_view character, Symbols& symbols) const {
  if (!options_.byte_fallback) return false;
  const auto token_of = [&](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
  if (!std::ranges::all_of(character, [&](char byte) { return token_of(byte) >= 0; })) return false;
  for (const char byte : character) symbols.add(token_of(byte), 1);
  return true;
}

}  // namespace transkimmer
