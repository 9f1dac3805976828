#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace transkimmer {

/// The 64-bit hash FNV-1a: unlike std::hash the same everywhere. Not against those who mean harm.
class Fnv1a {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  /// The bytes of the numbers, in this machine's order.
  template <typename T>
  requires std::integral<T> || std::floating_point<T>
  void add(std::span<const T> numbers) {
    add(std::string_view(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()));
  }

  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace transkimmer
