#pragma once

#include <cstddef>

#include "runtime/operand.h"

namespace transkimmer {

/// One head of one sequence. Rows are tokens; a pointer is to the head's first column in the first row.
struct AttentionHead {
  const float* query = nullptr;  ///< [queries, head_size], already scaled by 1 / sqrt(head_size)
  std::size_t query_stride = 0;  ///< floats between rows
  const float* key = nullptr;    ///< [tokens, head_size]
  const float* value = nullptr;  ///< [tokens, head_size]
  std::size_t key_value_stride = 0;
  float* out = nullptr;  ///< [queries, head_size]
  std::size_t out_stride = 0;
  std::size_t queries = 0;
  std::size_t tokens = 0;
  std::size_t head_size = 0;
  Bf16* rounded_out = nullptr;  ///< where set, the result goes here instead, rounded to bf16
};

/// out = softmax(query key^T) value, without writing the [queries, tokens] scores beyond a few rows that stay
/// in the first-level cache. `scratch` holds attention_scratch_floats(tokens, head_size) floats, 64-byte
/// aligned.
void attend(const AttentionHead& head, float* scratch);

/// Scratch that `attend` needs, in floats.
std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_size);

}  // namespace transkimmer
