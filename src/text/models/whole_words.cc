#include "text/models/whole_words.h"

namespace transkimmer {

WordLevel::WordLevel(std::span<const std::string> tokens, const std::vector<bool>& allowed,
                     std::int32_t unknown)
    : unknown_(unknown) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (allowed.at(i)) trie_.add(tokens[i], static_cast<std::int32_t>(i));
}

void WordLevel::tokenize(std::string_view word, WordScratch& /*scratch*/, std::vector<WordToken>& out) const {
  const std::int32_t id = trie_.find(word);
  out.push_back({id < 0 ? unknown_ : id, 0, static_cast<std::uint32_t>(word.size()), false});
}

void WordPieceCover::tokenize(std::string_view word, WordScratch& /*scratch*/,
                              std::vector<WordToken>& out) const {
  const std::size_t before = out.size();
  const bool is_known = cover_.cover(word, [&](std::int32_t id, std::size_t begin, std::size_t end) {
    out.push_back({id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), false});
  });
  if (is_known) return;
  out.resize(before);
  out.push_back({unknown_, 0, static_cast<std::uint32_t>(word.size()), false});
}

}  // namespace transkimmer
