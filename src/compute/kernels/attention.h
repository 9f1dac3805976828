#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/operand.h"

namespace transkimmer {

/// One head of one sequence. Rows are tokens; a pointer is to the head's first column in the first row.
template <typename Value>
struct AttentionHeadOf {
  const Value* query = nullptr;  ///< [queries, head_size], already scaled by 1 / sqrt(head_size)
  std::size_t query_stride = 0;  ///< values between rows
  const Value* key = nullptr;    ///< [tokens, head_size]
  const Value* value = nullptr;  ///< [tokens, head_size]
  std::size_t key_value_stride = 0;
  float* out = nullptr;  ///< [queries, head_size]
  std::size_t out_stride = 0;
  std::size_t queries = 0;
  std::size_t tokens = 0;
  std::size_t head_size = 0;
  Bf16* rounded_out = nullptr;  ///< where set, the result goes here instead, rounded to bf16
  /// Where set, bias[key's place - query's place] is added to a score.
  const float* bias = nullptr;
  const std::uint32_t* places = nullptr;  ///< [tokens] with a bias, ascending; queries are the first tokens
};

using AttentionHead = AttentionHeadOf<float>;
using RoundedAttentionHead = AttentionHeadOf<Bf16>;

/// out = softmax(query key^T + bias) value, without writing the [queries, tokens] scores beyond a few rows
/// that stay in the first-level cache. `scratch` holds attention_scratch_floats(tokens, head_size) floats,
/// 64-byte aligned.
void attend(const AttentionHead& head, float* scratch);

/// Whether this machine (and oneDNN's limit of instruction sets) can run `attend_rounded` on heads of this
/// size: it needs AVX-512 BF16, whose instructions take the columns of a head in pairs.
bool can_attend_rounded(std::size_t head_size);

/// The same with both products in bf16. Scores, softmax and all sums are floats; the weights are rounded
/// before they multiply values. The sum that they are divided by is that of the rounded weights: so they add
/// up to one, and what the values have in common comes out exact.
void attend_rounded(const RoundedAttentionHead& head, float* scratch);

/// Scratch that either needs, in floats.
std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_size);

}  // namespace transkimmer
