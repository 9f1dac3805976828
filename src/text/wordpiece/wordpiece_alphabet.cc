#include "text/wordpiece/wordpiece_alphabet.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

struct CharacterCount {
  char32_t character = 0;
  std::uint64_t first = 0;  // how often it begins a word
  std::uint64_t later = 0;

  std::uint64_t all() const { return first + later; }
};

std::vector<CharacterCount> count_characters(std::span<const WordCount> words) {
  std::unordered_map<char32_t, CharacterCount> counts;
  for (const auto& [word, count] : words) {
    for (std::size_t at = 0; at < word.size();) {
      const Codepoint c = decode_utf8(word, at);
      CharacterCount& found = counts[c.value];
      found.character = c.value;
      (at == 0 ? found.first : found.later) += count;
      at += c.length;
    }
  }
  std::vector<CharacterCount> list;
  list.reserve(counts.size());
  for (const auto& [character, count] : counts) list.push_back(count);
  return list;
}

}  // namespace

WordPieceAlphabet::WordPieceAlphabet(std::span<const WordCount> words, std::size_t limit) {
  std::vector<CharacterCount> counts = count_characters(words);
  std::sort(counts.begin(), counts.end(), [](const CharacterCount& a, const CharacterCount& b) {
    return a.all() != b.all() ? a.all() > b.all() : a.character < b.character;
  });
  if (counts.size() > limit) counts.resize(limit);
  std::sort(counts.begin(), counts.end(),
            [](const CharacterCount& a, const CharacterCount& b) { return a.character < b.character; });
  characters_ = counts.size();
  const auto add = [&](const char* prefix, char32_t character) {
    append_utf8(character, pieces_.emplace_back(prefix));
    return static_cast<std::int32_t>(pieces_.size() - 1);
  };
  for (const CharacterCount& count : counts) {
    if (count.first > 0) forms_[count.character].first = add("", count.character);
  }
  for (const CharacterCount& count : counts) {
    if (count.later > 0) forms_[count.character].later = add("##", count.character);
  }
}

bool WordPieceAlphabet::spell(std::string_view word, std::vector<std::int32_t>& out) const {
  const std::size_t before = out.size();
  for (std::size_t at = 0; at < word.size();) {
    const Codepoint c = decode_utf8(word, at);
    const auto found = forms_.find(c.value);
    if (found == forms_.end()) {
      out.resize(before);
      return false;
    }
    out.push_back(at == 0 ? found->second.first : found->second.later);
    at += c.length;
  }
  return true;
}

}  // namespace transkimmer
