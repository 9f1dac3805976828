#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace transkimmer {

/// A set of byte strings with a value each, asked for the longest one that a text starts with. Edges live in
/// one open hash table, so a step is one probe. Immutable once filled.
class ByteTrie {
 public:
  ByteTrie();

  /// Keeps the first value when `key` is added twice. Ignores an empty key. `value` must not be negative.
  void add(std::string_view key, std::int32_t value);

  struct Match {
    std::int32_t value = -1;  ///< -1 when no key fits
    std::size_t length = 0;
  };
  /// The longest key that `text` starts with.
  Match longest_prefix(std::string_view text) const;
  /// Calls `found(value, length)` for every key that `text` starts with, the shortest first.
  template <class Found>
  void for_each_prefix(std::string_view text, Found&& found) const {
    Node node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      node = child(node, text[i]);
      if (node == kNone) return;
      if (values_[node] >= 0) found(values_[node], i + 1);
    }
  }
  /// The value of exactly `key`, or -1.
  std::int32_t find(std::string_view key) const;
  bool empty() const { return values_.size() == 1; }

 private:
  using Node = std::uint32_t;
  static constexpr Node kNone = 0;  // the root is nobody's child

  Node child(Node node, char byte) const {
    const std::uint64_t key = edge(node, byte);
    for (std::size_t slot = hash(key);; slot = (slot + 1) & mask_) {
      if (slots_[slot] >> kNodeBits == key) return static_cast<Node>(slots_[slot] & kNodeMask);
      if (slots_[slot] == 0) return kNone;
    }
  }
  static std::uint64_t edge(Node node, char byte) {
    return std::uint64_t{node} << 8 | static_cast<unsigned char>(byte);
  }
  std::size_t hash(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15U >> 32) & mask_; }
  void insert(std::uint64_t slot_content);
  void grow();

  // A slot holds the edge (parent node and byte) above and the child node below; 0 is free.
  static constexpr int kNodeBits = 28;
  static constexpr std::uint64_t kNodeMask = (std::uint64_t{1} << kNodeBits) - 1;

  std::vector<std::uint64_t> slots_;
  std::vector<std::int32_t> values_;  // per node; -1 where no key ends
  std::size_t mask_ = 0;
};

}  // namespace transkimmer
