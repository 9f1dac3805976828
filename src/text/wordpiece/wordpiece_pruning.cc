#include "text/wordpiece/wordpiece_pruning.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "text/byte_trie.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

constexpr std::string_view kPrefix = "##";

/// A piece that is dropped leaves its words to others, so its rivals are weighed anew a few times. More
/// rounds than these gain nothing measurable.
constexpr std::size_t kRounds = 8;

/// Covers words with pieces from the left, by the longest that fits.
class Cover {
 public:
  explicit Cover(std::span<const std::string> pieces) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::string_view piece = pieces[i];
      const auto value = static_cast<std::int32_t>(i);
      if (piece.starts_with(kPrefix) && piece.size() > kPrefix.size()) {
        later_.add(piece.substr(kPrefix.size()), value);
      } else {
        first_.add(piece, value);
      }
    }
  }

  /// Appends the pieces of a word, or of its rest from `at`; false when it cannot be covered.
  bool find(std::string_view word, std::vector<std::int32_t>& out, std::size_t at = 0) const {
    while (at < word.size()) {
      const ByteTrie::Match match = (at == 0 ? first_ : later_).longest_prefix(word.substr(at));
      if (match.value < 0) return false;
      out.push_back(match.value);
      at += match.length;
    }
    return true;
  }

  /// How many pieces stand in for one that is dropped.
  std::size_t without(std::string_view piece) const {
    const bool is_later = piece.starts_with(kPrefix) && piece.size() > kPrefix.size();
    if (is_later) piece.remove_prefix(kPrefix.size());
    const std::string_view shorter = piece.substr(0, last_character(piece));
    const std::size_t begin = (is_later ? later_ : first_).longest_prefix(shorter).length;
    std::vector<std::int32_t> rest;
    find(piece, rest, begin);
    return 1 + rest.size();
  }

 private:
  ByteTrie first_;
  ByteTrie later_;
};

/// For each piece how many more pieces the words would take without it.
std::vector<std::uint64_t> worth_of(std::span<const std::string> pieces, std::span<const WordCount> words) {
  const Cover cover(pieces);
  std::vector<std::uint64_t> worth(pieces.size());
  std::vector<std::int32_t> found;
  for (const auto& [word, count] : words) {
    found.clear();
    if (!cover.find(word, found)) continue;
    for (const std::int32_t piece : found) worth[static_cast<std::size_t>(piece)] += count;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) worth[i] *= cover.without(pieces[i]) - 1;
  return worth;
}

}  // namespace

std::vector<std::string> prune_pieces(std::vector<std::string> pieces, std::size_t fixed, std::size_t size,
                                      std::span<const WordCount> words) {
  for (std::size_t round = 0; pieces.size() > size && pieces.size() > fixed; ++round) {
    const std::vector<std::uint64_t> worth = worth_of(pieces, words);
    std::vector<std::size_t> order(pieces.size() - fixed);
    std::iota(order.begin(), order.end(), fixed);
    // Among equals the piece that was made last goes first.
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return worth[a] != worth[b] ? worth[a] < worth[b] : a > b;
    });
    const std::size_t rounds_left = round < kRounds ? kRounds - round : 1;
    const std::size_t excess = pieces.size() - size;
    order.resize(std::min(order.size(), (excess + rounds_left - 1) / rounds_left));
    for (const std::size_t dropped : order) pieces[dropped].clear();
    std::erase(pieces, std::string());
  }
  return pieces;
}

}  // namespace transkimmer
