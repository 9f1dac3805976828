#include "text/models/unigram.h"

#include <algorithm>
#include <limits>

#include "text/models/byte_tokens.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// How far an unknown character stands below the least likely token.
constexpr double kUnknownPenalty = 10;

}  // namespace

Unigram::Unigram(std::span<const std::string> tokens, const std::vector<bool>& allowed,
                 UnigramOptions options)
    : options_(std::move(options)) {
  // The trie keeps what comes first.
  for (std::size_t i = options_.scores.size(); i-- > 0;)
    if (allowed.at(i)) trie_.add(tokens[i], static_cast<std::int32_t>(i));
  double least = std::numeric_limits<double>::infinity();
  for (const double score : options_.scores) least = std::min(least, score);
  unknown_score_ = least - kUnknownPenalty;
  byte_tokens_ = byte_tokens(trie_, options_.byte_fallback);
}

void Unigram::tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const {
  find_endings(word, scratch.endings);
  trace(scratch.endings, scratch.segments);
  for (std::size_t i = scratch.segments.size(); i-- > 0;) {
    const WordScratch::Segment& segment = scratch.segments[i];
    const std::string_view text = word.substr(segment.begin, segment.end - segment.begin);
    const std::int32_t id = segment.is_unknown ? trie_.find(text) : scratch.endings[segment.end].id;
    if (id >= 0) {
      out.push_back({id, segment.begin, segment.end, true});
    } else {
      add_unknown(text, segment.begin, out);
    }
  }
}

void Unigram::find_endings(std::string_view word, std::vector<WordScratch::Ending>& endings) const {
  endings.assign(word.size() + 1, {});
  const auto reach = [&](std::size_t begin, std::size_t length, std::int32_t id, double score) {
    WordScratch::Ending& ending = endings[begin + length];
    const double sum = score + endings[begin].score;
    if (ending.begin != WordScratch::Ending::kNowhere && !(sum > ending.score)) return;
    ending = {sum, static_cast<std::uint32_t>(begin), id};
  };
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t character = decode_utf8(word, at).length;
    bool is_known = false;
    trie_.for_each_prefix(word.substr(at), [&](std::int32_t id, std::size_t length) {
      is_known |= length == character;
      reach(at, length, id, options_.scores[static_cast<std::size_t>(id)]);
    });
    if (!is_known) reach(at, character, options_.unknown, unknown_score_);
    at += character;
  }
}

void Unigram::trace(const std::vector<WordScratch::Ending>& endings,
                    std::vector<WordScratch::Segment>& out) const {
  out.clear();
  for (std::size_t end = endings.size() - 1; end > 0;) {
    const WordScratch::Ending& ending = endings[end];
    const std::uint32_t begin = ending.begin;
    const bool is_unknown = ending.id == options_.unknown;
    if (is_unknown && !out.empty() && out.back().is_unknown) {
      out.back().begin = begin;
    } else {
      out.push_back({begin, static_cast<std::uint32_t>(end), is_unknown});
    }
    end = begin;
  }
}

void Unigram::add_unknown(std::string_view text, std::uint32_t begin, std::vector<WordToken>& out) const {
  const auto end = begin + static_cast<std::uint32_t>(text.size());
  const auto token_of = [&](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
  const bool has_bytes =
      options_.byte_fallback && std::ranges::all_of(text, [&](char byte) { return token_of(byte) >= 0; });
  if (!has_bytes) return out.push_back({options_.unknown, begin, end, true});
  for (const char byte : text) out.push_back({token_of(byte), begin, end, false});
}

}  // namespace transkimmer
