#include "features/corpora/vocabulary.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <utf8proc.h>

#include "text/vocabulary.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Counts {
  std::set<std::string> characters;
  std::unordered_map<std::string, std::size_t> words;
};

enum class CharacterKind { space, mark, letter };

/// BERT's notion: ASCII symbols such as $ and + stand alone like punctuation.
CharacterKind kind_of(utf8proc_int32_t code) {
  if (code <= ' ' || code == 0x7F) return CharacterKind::space;
  if (code < 0x7F) {
    const bool alphanumeric =
        (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
    return alphanumeric ? CharacterKind::letter : CharacterKind::mark;
  }
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return CharacterKind::mark;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
      return CharacterKind::space;
    default:
      return CharacterKind::letter;
  }
}

std::string utf8_of(utf8proc_int32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(code, bytes);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

void count(std::string_view text, Counts& counts) {
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) ++counts.words[std::exchange(word, {})];
  };
  while (!text.empty()) {
    utf8proc_int32_t code = -1;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code);
    text.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 1);
    const CharacterKind kind = size > 0 ? kind_of(code) : CharacterKind::space;
    if (kind != CharacterKind::letter) finish();
    if (kind == CharacterKind::space) continue;
    const std::string character = utf8_of(utf8proc_tolower(code));
    counts.characters.insert(character);
    if (kind == CharacterKind::letter) word += character;
  }
  finish();
}

/// Words of more than one character, the most frequent first.
std::vector<std::string> by_frequency(const Counts& counts) {
  std::vector<std::pair<std::string, std::size_t>> words;
  for (const auto& entry : counts.words) {
    if (!counts.characters.contains(entry.first)) words.push_back(entry);
  }
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::vector<std::string> ordered;
  for (auto& entry : words) ordered.push_back(std::move(entry.first));
  return ordered;
}

}  // namespace

std::vector<std::string> build_word_vocabulary(const Dataset& dataset, std::size_t max_size) {
  Counts counts;
  for (const Example& example : dataset.examples) {
    count(example.text, counts);
    if (example.text_pair) count(*example.text_pair, counts);
  }
  std::vector<std::string> vocabulary(kBertSpecialTokens.begin(), kBertSpecialTokens.end());
  vocabulary.insert(vocabulary.end(), counts.characters.begin(), counts.characters.end());
  for (const auto& character : counts.characters) vocabulary.push_back("##" + character);
  if (vocabulary.size() > max_size) {
    throw UsageError(
        fmt::format("a vocabulary of {} entries cannot hold the {} special tokens and characters", max_size,
                    vocabulary.size()));
  }
  for (auto& word : by_frequency(counts)) {
    if (vocabulary.size() == max_size) break;
    vocabulary.push_back(std::move(word));
  }
  return vocabulary;
}

}  // namespace transkimmer
