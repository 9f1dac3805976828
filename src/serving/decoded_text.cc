#include "serving/decoded_text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings/utf8.h"
#include "text/byte_level_bpe/byte_level_bpe.h"

namespace transkimmer {
namespace {

bool is_special(const Tokenizer& tokenizer, std::int32_t id) {
  const SpecialTokens& special = tokenizer.special_tokens();
  return id == special.pad || id == special.unknown || id == special.begin || id == special.separator ||
         id == special.mask;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What the WordPiece decoder does to each token with the blank before it.
std::string cleaned(std::string token) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kReplaced = {
      {{" .", "."},
       {" ?", "?"},
       {" !", "!"},
       {" ,", ","},
       {" ' ", "'"},
       {" n't", "n't"},
       {" 'm", "'m"},
       {" do not", " don't"},
       {" 's", "'s"},
       {" 've", "'ve"},
       {" 're", "'re"}}};
  for (const auto& [from, to] : kReplaced) replace_all(token, from, to);
  return token;
}

void append_word_piece(std::string_view token, bool first, std::string& text) {
  constexpr std::string_view kContinues = "##";
  if (first) {
    text += cleaned(std::string(token));
  } else if (token.starts_with(kContinues)) {
    text += cleaned(std::string(token.substr(kContinues.size())));
  } else {
    text += cleaned(" " + std::string(token));
  }
}

/// A token that has a character which stands for no byte (an added token) is taken as it is.
void append_bytes(std::string_view token, std::string& bytes) {
  static const std::map<std::string, char, std::less<>> symbols = [] {
    std::map<std::string, char, std::less<>> table;
    for (unsigned byte = 0; byte < 256; ++byte)
      table.emplace(symbol_of_byte(static_cast<unsigned char>(byte)), static_cast<char>(byte));
    return table;
  }();
  std::string spelled;
  for (std::size_t at = 0; at < token.size();) {
    const auto length = static_cast<std::size_t>(std::max(1, character_length(token, at)));
    const auto found = symbols.find(token.substr(at, length));
    if (found == symbols.end()) {
      bytes += token;
      return;
    }
    spelled += found->second;
    at += length;
  }
  bytes += spelled;
}

/// Words of sentencepiece's vocabularies, whose blanks are spelled out; the one before the text is not its
/// own.
void append_marked(std::string_view token, bool first, std::string& text) {
  std::string spelled(token);
  replace_all(spelled, "\u2581", first ? "" : " ");
  text += spelled;
}

std::string valid_utf8(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const int length = character_length(bytes, at);
    const auto step = static_cast<std::size_t>(length < 0 ? -length : length);
    text += length < 0 ? kReplacement : bytes.substr(at, step);
    at += step;
  }
  return text;
}

}  // namespace

std::string decode(const Tokenizer& tokenizer, std::span<const std::int32_t> ids, bool skip_special_tokens) {
  std::vector<std::string_view> tokens;
  for (const std::int32_t id : ids)
    if (!skip_special_tokens || !is_special(tokenizer, id)) tokens.push_back(tokenizer.token(id));
  return decode(tokenizer, tokens);
}

std::string decode(const Tokenizer& tokenizer, std::span<const std::string_view> tokens) {
  const std::string_view algorithm = tokenizer.algorithm();
  std::string text;
  bool first = true;
  for (const std::string_view token : tokens) {
    if (algorithm == "WordPiece") {
      append_word_piece(token, first, text);
    } else if (algorithm == "Unigram") {
      append_marked(token, first, text);
    } else if (algorithm == "WordLevel") {
      text += first ? std::string(token) : " " + std::string(token);
    } else {
      append_bytes(token, text);
    }
    first = false;
  }
  return valid_utf8(text);
}

}  // namespace transkimmer
