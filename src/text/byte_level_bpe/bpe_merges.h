#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace transkimmer {

/// Two neighbouring tokens that become one; merges are learned, and applied, in order of rank.
struct BpeMerge {
  std::int32_t left = 0;
  std::int32_t right = 0;
  std::int32_t result = 0;
};

/// A token of a word while it is being merged; `begin` and `end` are bytes of the word.
struct BpeSymbol {
  std::int32_t id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const BpeSymbol&) const = default;
};

/// The merges of a byte-pair encoding, in order of rank. Immutable.
class BpeMerges {
 public:
  /// Where a pair occurs twice, the later one counts, as in Hugging Face's tokenizers.
  explicit BpeMerges(std::span<const BpeMerge> merges);

  /// Merges neighbours, always those of lowest rank first and from the left among equals, until none can be
  /// merged.
  void apply(std::vector<BpeSymbol>& symbols) const;

  // The two ways apply() chooses from; public so that tests can hold one against the other.
  /// Looks at every pair for every merge: fastest for the few symbols of an ordinary word.
  void apply_by_scan(std::vector<BpeSymbol>& symbols) const;
  /// Keeps candidates in a heap: n log n for long words.
  void apply_by_heap(std::vector<BpeSymbol>& symbols) const;

 private:
  struct Found {
    std::uint32_t rank = kNoMerge;
    std::int32_t result = -1;
  };
  static constexpr std::uint32_t kNoMerge = UINT32_MAX;
  static constexpr std::uint64_t kFree = UINT64_MAX;
  struct Slot {
    std::uint64_t pair = kFree;
    Found found;
  };

  static std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t slot_of(std::uint64_t pair) const {
    std::size_t slot = (pair * 0x9E3779B97F4A7C15U >> 32) & mask_;
    while (slots_[slot].pair != pair && slots_[slot].pair != kFree) slot = (slot + 1) & mask_;
    return slot;
  }
  Found find(std::int32_t left, std::int32_t right) const {
    return slots_[slot_of(pair_of(left, right))].found;
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace transkimmer
