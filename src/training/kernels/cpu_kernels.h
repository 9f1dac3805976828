#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace transkimmer {

// Loops over f32 memory that libtorch would make several passes of, or whose random numbers it draws one at a
// time. All run on the calling thread, with the widest vectors of this machine.

/// Which elements dropout spares: a hash of (seed, index) against the probability.
struct DropoutRule {
  std::uint64_t seed = 0;
  float probability = 0;  ///< 0: everything stays
};

/// out[i] = in[i] / (1 - p) where element first + i is spared, else 0. `in` may be `out`.
void dropout_range(std::span<const float> in, std::span<float> out, std::size_t first,
                   const DropoutRule& rule);

/// One row of masked attention over its keys.
struct SoftmaxRow {
  std::size_t keys = 0;
  float scale = 1;              ///< a score is this times what is given
  const float* kept = nullptr;  ///< [keys], 0 or 1, at least one 1
  std::size_t first = 0;        ///< index of the row's first element for dropout
  DropoutRule dropout;
  bool gradient_of_return = false;  ///< of dropped keys, see AttentionMask
};

/// What is given in `scores` [keys] becomes r = exp(score - logsumexp of kept scores); weights = dropout(r *
/// kept).
void softmax_row(const SoftmaxRow& row, float* scores, float* weights);

/// From g = d loss / d weights, in `gradient`, and r: the gradient becomes that of what was given as
/// scores, `weights` is computed anew, and d loss / d kept is added to `kept_gradient` unless that is null.
void softmax_row_backward(const SoftmaxRow& row, const float* ratios, float* gradient, float* weights,
                          float* kept_gradient);

/// Cross-entropy of one row of logits against class `target`: returns -log softmax(logits)[target] and,
/// unless `gradient` is null, writes its gradient there: softmax(logits), less 1 at the target.
float cross_entropy_row(std::span<const float> logits, std::size_t target, float* gradient);

/// Weights to update, all [count].
struct AdamWRange {
  std::size_t count = 0;
  float* weight = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  const float* gradient = nullptr;
};
struct AdamWCoefficients {
  float step_size = 0, decay_factor = 1, beta1 = 0, beta2 = 0, epsilon = 0;
};
/// One AdamW update (see AdamW) of a range: of the moments m and v, and then
/// weight = (weight - step_size * m / (sqrt(v) + epsilon)) * decay_factor.
void adamw_range(const AdamWRange& range, const AdamWCoefficients& coefficients);

/// The same as one adamw_range after another whose gradients are zero (that of `range` is not read), to the
/// last bit. From step `declining` on, an update that no longer changes its weight must not grow any more.
void replay_adamw(const AdamWRange& range, std::span<const AdamWCoefficients> steps, std::size_t declining);

/// The sum of the squares.
double sum_of_squares(std::span<const float> values);
/// Multiplies each by `factor`.
void scale_range(std::span<float> values, float factor);

}  // namespace transkimmer
