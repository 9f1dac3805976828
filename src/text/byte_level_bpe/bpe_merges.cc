#include "text/byte_level_bpe/bpe_merges.h"

#include <algorithm>
#include <bit>
#include <queue>

namespace transkimmer {

BpeMerges::BpeMerges(std::span<const BpeMerge> merges)
    : slots_(std::bit_ceil(merges.size() * 2 + 2)), mask_(slots_.size() - 1) {
  for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
    const BpeMerge& merge = merges[rank];
    const std::uint64_t pair = pair_of(merge.left, merge.right);
    slots_[slot_of(pair)] = {pair, {rank, merge.result}};
  }
}

void BpeMerges::apply(std::vector<BpeSymbol>& symbols) const {
  constexpr std::size_t kLongWord = 32;  // about where the heap begins to win
  symbols.size() < kLongWord ? apply_by_scan(symbols) : apply_by_heap(symbols);
}

void BpeMerges::apply_by_scan(std::vector<BpeSymbol>& symbols) const {
  std::vector<Found> pairs;  // pairs[i]: what symbols i and i + 1 would become
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
    pairs.push_back(find(symbols[i].id, symbols[i + 1].id));
  const auto place = [](auto& list, std::size_t i) { return list.begin() + static_cast<std::ptrdiff_t>(i); };
  while (!pairs.empty()) {
    const auto best =
        std::min_element(pairs.begin(), pairs.end(), [](Found a, Found b) { return a.rank < b.rank; });
    if (best->rank == kNoMerge) return;
    const auto at = static_cast<std::size_t>(best - pairs.begin());
    symbols[at] = {best->result, symbols[at].begin, symbols[at + 1].end};
    symbols.erase(place(symbols, at + 1));
    pairs.erase(best);
    if (at > 0) pairs[at - 1] = find(symbols[at - 1].id, symbols[at].id);
    if (at < pairs.size()) pairs[at] = find(symbols[at].id, symbols[at + 1].id);
  }
}

void BpeMerges::apply_by_heap(std::vector<BpeSymbol>& symbols) const {
  struct Candidate {
    std::uint32_t rank, at;
    std::int32_t left, right, result;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };
  constexpr std::uint32_t kEnd = UINT32_MAX;
  const auto count = static_cast<std::uint32_t>(symbols.size());
  std::vector<std::uint32_t> next(count), previous(count);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](std::uint32_t at) {
    if (at == kEnd || next[at] == kEnd) return;
    const std::int32_t left = symbols[at].id;
    const std::int32_t right = symbols[next[at]].id;
    const Found found = find(left, right);
    if (found.rank != kNoMerge) candidates.push({found.rank, at, left, right, found.result});
  };
  constexpr std::int32_t kMergedAway = -1;  // no candidate has this id
  for (std::uint32_t i = 0; i < count; ++i) {
    previous[i] = i == 0 ? kEnd : i - 1;
    next[i] = i + 1 == count ? kEnd : i + 1;
  }
  for (std::uint32_t i = 0; i < count; ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    const std::uint32_t right = next[best.at];
    // Candidates are not taken out of the heap when a neighbour merges: they are recognised here.
    if (symbols[best.at].id != best.left || right == kEnd || symbols[right].id != best.right) continue;
    symbols[best.at] = {best.result, symbols[best.at].begin, symbols[right].end};
    symbols[right].id = kMergedAway;
    next[best.at] = next[right];
    if (next[right] != kEnd) previous[next[right]] = best.at;
    consider(previous[best.at]);
    consider(best.at);
  }
  std::erase_if(symbols, [](const BpeSymbol& symbol) { return symbol.id == kMergedAway; });
}

}  // namespace transkimmer
