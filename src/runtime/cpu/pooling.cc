#include "runtime/cpu/pooling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "compute/threads/shared_loops.h"

namespace transkimmer {
namespace {

/// The states of one sequence, [tokens, hidden].
struct TokenStates {
  const float* first = nullptr;
  std::size_t tokens = 0, hidden = 0;

  const float* of(std::size_t token) const { return first + token * hidden; }
};

/// out = sum of weight(token) * state.
template <typename Weight>
void add_weighted(const TokenStates& states, const Weight& weight, float* out) {
  std::fill_n(out, states.hidden, 0.0F);
  for (std::size_t t = 0; t < states.tokens; ++t) {
    const float* const state = states.of(t);
    const float factor = weight(t);
    for (std::size_t k = 0; k < states.hidden; ++k) out[k] += factor * state[k];
  }
}

void take_largest(const TokenStates& states, float* out) {
  std::copy_n(states.of(0), states.hidden, out);
  for (std::size_t t = 1; t < states.tokens; ++t)
    for (std::size_t k = 0; k < states.hidden; ++k) out[k] = std::max(out[k], states.of(t)[k]);
}

void pool_one(Pooling mode, const TokenStates& states, float* out) {
  const auto tokens = static_cast<float>(states.tokens);
  switch (mode) {
    case Pooling::first:
      std::copy_n(states.of(0), states.hidden, out);
      return;
    case Pooling::last:
      std::copy_n(states.of(states.tokens - 1), states.hidden, out);
      return;
    case Pooling::max:
      return take_largest(states, out);
    case Pooling::mean:
      return add_weighted(
          states, [&](std::size_t) { return 1 / tokens; }, out);
    case Pooling::mean_sqrt_length:
      return add_weighted(
          states, [&](std::size_t) { return 1 / std::sqrt(tokens); }, out);
    case Pooling::weighted_mean: {
      const float all = tokens * (tokens + 1) / 2;
      return add_weighted(
          states, [&](std::size_t t) { return static_cast<float>(t + 1) / all; }, out);
    }
  }
}

}  // namespace

std::vector<float> pool_states(const std::vector<Pooling>& modes, const RaggedBatch& batch,
                               const float* states, std::size_t hidden, const ThreadPool& pool) {
  std::vector<float> pooled(batch.sequences() * modes.size() * hidden);
  const SharedLoops loops(pool);
  loops.for_tasks(batch.sequences(), batch.tokens() * hidden * modes.size(), [&](std::size_t i, int) {
    const TokenStates of_sequence = {states + batch.starts[i] * hidden, batch.starts[i + 1] - batch.starts[i],
                                     hidden};
    for (std::size_t m = 0; m < modes.size(); ++m)
      pool_one(modes[m], of_sequence, pooled.data() + (i * modes.size() + m) * hidden);
  });
  return pooled;
}

void normalize_rows_to_length_1(std::vector<float>& values, std::size_t columns) {
  constexpr double kShortest = 1e-12;  // PyTorch's
  for (std::size_t first = 0; first < values.size(); first += columns) {
    double squares = 0;
    for (std::size_t k = 0; k < columns; ++k)
      squares += static_cast<double>(values[first + k]) * values[first + k];
    const auto factor = static_cast<float>(1 / std::max(std::sqrt(squares), kShortest));
    for (std::size_t k = 0; k < columns; ++k) values[first + k] *= factor;
  }
}

}  // namespace transkimmer
