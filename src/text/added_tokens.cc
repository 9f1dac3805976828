#include "text/added_tokens.h"

#include <algorithm>

#include "text/unicode/blanks.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0) {
    const std::string_view before = text.substr(0, begin);
    if (is_word_character(decode_utf8(before, last_character(before)).value)) return false;
  }
  return end == text.size() || !is_word_character(decode_utf8(text, end).value);
}

std::size_t skip_space_before(std::string_view text, std::size_t at) {
  while (at > 0) {
    const std::size_t previous = last_character(text.substr(0, at));
    if (!is_whitespace(decode_utf8(text, previous).value)) break;
    at = previous;
  }
  return at;
}

std::size_t skip_space_after(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Codepoint c = decode_utf8(text, at);
    if (!is_whitespace(c.value)) break;
    at += c.length;
  }
  return at;
}

}  // namespace

std::vector<AddedToken> with_normalized(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<AddedToken> chosen;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(chosen),
               [=](const AddedToken& token) { return token.normalized == normalized; });
  return chosen;
}

std::vector<bool> ids_of_plain_text(std::size_t vocabulary_size, const std::vector<AddedToken>& tokens,
                                    SpecialTokensInText special, std::int32_t unknown) {
  std::vector<bool> allowed(vocabulary_size, true);
  if (special == SpecialTokensInText::whole) return allowed;
  for (const AddedToken& token : tokens)
    if (token.special && token.id != unknown) allowed.at(static_cast<std::size_t>(token.id)) = false;
  return allowed;
}

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens, SpecialTokensInText special)
    : tokens_(std::move(tokens)), special_(special) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].content.empty()) continue;
    trie_.add(tokens_[i].content, static_cast<std::int32_t>(i));
    starts_[static_cast<unsigned char>(tokens_[i].content.front())] = true;
  }
}

bool AddedTokenMatcher::has_blanks() const {
  return std::any_of(tokens_.begin(), tokens_.end(), [](const AddedToken& token) {
    return std::any_of(token.content.begin(), token.content.end(), is_blank);
  });
}

ByteTrie::Match AddedTokenMatcher::next_match(std::string_view text, std::size_t from,
                                              std::size_t& at) const {
  for (at = from; at < text.size(); ++at) {
    if (!starts_[static_cast<unsigned char>(text[at])]) continue;
    const ByteTrie::Match match = trie_.longest_prefix(text.substr(at));
    if (match.value >= 0) return match;
  }
  return {};
}

std::vector<AddedTokenMatcher::Part> AddedTokenMatcher::split(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t done = 0;  // everything before is in `parts`
  std::size_t at = 0;
  for (std::size_t from = 0; from < text.size() && !empty();) {
    const ByteTrie::Match match = next_match(text, from, at);
    if (match.value < 0) break;
    from = at + match.length;
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.value)];
    // A split token hides shorter ones in it all the same, as in Hugging Face's tokenizers.
    if ((token.special && special_ == SpecialTokensInText::split) ||
        (token.single_word && !stands_alone(text, at, from)))
      continue;
    // In white space that a neighbour has swallowed a token is found once more, unless it strips to its left.
    const std::size_t begin = token.lstrip ? std::max(done, skip_space_before(text, at)) : at;
    const std::size_t end = token.rstrip ? skip_space_after(text, from) : from;
    if (done < begin) parts.push_back({-1, done, begin});
    if (begin < end) parts.push_back({token.id, begin, end});
    done = end;
  }
  if (done < text.size()) parts.push_back({-1, done, text.size()});
  return parts;
}

}  // namespace transkimmer
