#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace transkimmer {

/// The seed of finetune, evaluate and the benchmarks unless told otherwise: all choose the same examples.
inline constexpr std::uint64_t kUsualSeed = 42;

/// Leaves a random choice of `count` examples in their old order (files sorted by label are common); all,
/// when `count` is 0 or there are no more.
template <typename T>
void keep_sample(std::vector<T>& examples, std::size_t count, std::uint64_t seed) {
  if (count == 0 || count >= examples.size()) return;
  std::vector<T> chosen;
  chosen.reserve(count);
  std::mt19937_64 random(seed);
  std::size_t left = examples.size();
  for (T& example : examples) {
    if (random() % left < count - chosen.size()) chosen.push_back(std::move(example));
    --left;
  }
  examples = std::move(chosen);
}

/// Moves a random choice of `count` examples out of `examples`; both keep their order.
template <typename T>
std::vector<T> take_sample(std::vector<T>& examples, std::size_t count, std::uint64_t seed) {
  std::vector<T> taken, rest;
  std::mt19937_64 random(seed);
  std::size_t left = examples.size();
  for (T& example : examples) {
    const bool chosen = taken.size() < count && random() % left < count - taken.size();
    (chosen ? taken : rest).push_back(std::move(example));
    --left;
  }
  examples = std::move(rest);
  return taken;
}

}  // namespace transkimmer
