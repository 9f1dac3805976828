#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "text/byte_trie.h"
#include "text/models/word_model.h"

namespace transkimmer {

/// What a Unigram model is made of.
struct UnigramOptions {
  std::vector<double> scores = {};  ///< of every token, by id: logarithms of probabilities
  std::int32_t unknown = 0;
  bool byte_fallback = false;  ///< "<0x41>" and the like stand for bytes of what is not known
};

/// SentencePiece's Unigram: of all ways to cut a word into tokens the one with the largest sum of scores.
/// Characters that are no token count as unknown, with a score below all others; neighbouring ones are one
/// unknown token.
class Unigram final : public WordModel {
 public:
  /// `tokens` by id. Those that `allowed` rules out are never found. Where one is there twice the later id
  /// counts.
  Unigram(std::span<const std::string> tokens, const std::vector<bool>& allowed, UnigramOptions options);

  std::string_view algorithm() const override { return "Unigram"; }
  void tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const override;

 private:
  void find_endings(std::string_view word, std::vector<WordScratch::Ending>& endings) const;
  /// Goes back along the best way, and joins what is unknown.
  void trace(const std::vector<WordScratch::Ending>& endings, std::vector<WordScratch::Segment>& out) const;
  /// Of what is no token as a whole.
  void add_unknown(std::string_view text, std::uint32_t begin, std::vector<WordToken>& out) const;

  UnigramOptions options_;
  ByteTrie trie_;
  double unknown_score_ = 0;
  std::array<std::int32_t, 256> byte_tokens_{};  // -1 where a byte has none
};

}  // namespace transkimmer
