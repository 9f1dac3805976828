#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "text/byte_trie.h"
#include "text/models/word_model.h"

namespace transkimmer {

/// What a byte-pair encoding is made of, beside its tokens.
struct BpeOptions {
  std::vector<BpeMerge> merges = {};         ///< in order of rank
  std::string continuing_prefix = {};        ///< of every character of a word but the first
  std::string ending = {};                   ///< of the last character of a word
  std::optional<std::int32_t> unknown = {};  ///< of a character that is no token; without one it is dropped
  bool fuse_unknown = false;                 ///< of neighbouring ones, one token
  bool byte_fallback = false;                ///< "<0x41>" and the like stand for bytes of what is not known
  bool ignore_merges = false;  ///< a word that is a token is that token, whether or not merges lead to it
};

/// Byte-pair encoding of characters: each is a token at first, and neighbours are merged in order of rank.
class Bpe final : public WordModel {
 public:
  /// `tokens` by id. Those that `allowed` rules out are never found.
  Bpe(std::span<const std::string> tokens, const std::vector<bool>& allowed, BpeOptions options);

  std::string_view algorithm() const override { return "BPE"; }
  void tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const override;

 private:
  class Symbols;
  void add_characters(std::string_view word, std::string& spelling, Symbols& symbols) const;
  /// Whether the bytes of the character have tokens, which then are added.
  bool add_bytes(std::string_view character, Symbols& symbols) const;

  BpeOptions options_;
  ByteTrie trie_;
  BpeMerges merges_;
  std::array<std::int32_t, 256> byte_tokens_{};  // -1 where a byte has none
};

}  // namespace transkimmer
