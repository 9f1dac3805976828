#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "text/byte_trie.h"
#include "text/models/word_model.h"
#include "text/wordpiece/word_cover.h"

namespace transkimmer {

/// Words are tokens, or unknown as a whole.
class WordLevel final : public WordModel {
 public:
  /// `tokens` by id. Those that `allowed` rules out are never found.
  WordLevel(std::span<const std::string> tokens, const std::vector<bool>& allowed, std::int32_t unknown);

  std::string_view algorithm() const override { return "WordLevel"; }
  void tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const override;

 private:
  ByteTrie trie_;
  std::int32_t unknown_;
};

/// Words are covered by tokens as BERT's are, or unknown as a whole.
class WordPieceCover final : public WordModel {
 public:
  WordPieceCover(WordCover cover, std::int32_t unknown) : cover_(std::move(cover)), unknown_(unknown) {}

  std::string_view algorithm() const override { return "WordPiece"; }
  void tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const override;

 private:
  WordCover cover_;
  std::int32_t unknown_;
};

}  // namespace transkimmer
