#include "text/byte_trie.h"

#include "transkimmer/error.h"

namespace transkimmer {

ByteTrie::ByteTrie() : slots_(64), values_{-1}, mask_(63) {}

void ByteTrie::add(std::string_view key, std::int32_t value) {
  Node node = 0;
  for (const char byte : key) {
    Node next = child(node, byte);
    if (next == kNone) {
      if (values_.size() > kNodeMask) throw Error("the vocabulary is too large: more than 2^28 prefixes");
      if (values_.size() * 2 > slots_.size()) grow();
      next = static_cast<Node>(values_.size());
      values_.push_back(-1);
      insert(edge(node, byte) << kNodeBits | next);
    }
    node = next;
  }
  if (node != 0 && values_[node] < 0) values_[node] = value;
}

ByteTrie::Match ByteTrie::longest_prefix(std::string_view text) const {
  Match match;
  Node node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node == kNone) break;
    if (values_[node] >= 0) match = {values_[node], i + 1};
  }
  return match;
}

std::int32_t ByteTrie::find(std::string_view key) const {
  Node node = 0;
  for (const char byte : key) {
    node = child(node, byte);
    if (node == kNone) return -1;
  }
  return values_[node];
}

void ByteTrie::insert(std::uint64_t slot_content) {
  std::size_t slot = hash(slot_content >> kNodeBits);
  while (slots_[slot] != 0) slot = (slot + 1) & mask_;
  slots_[slot] = slot_content;
}

void ByteTrie::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const std::uint64_t content : old) {
    if (content != 0) insert(content);
  }
}

}  // namespace transkimmer
