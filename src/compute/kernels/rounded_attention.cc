#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "compute/kernels/attention.h"
#include "compute/usable_precision.h"

#if defined(__x86_64__)
#include "compute/kernels/avx512.h"
#endif

namespace transkimmer {

#if defined(__x86_64__)
namespace {

/// Two bf16 that one lane of the instruction multiplies: neighbouring columns of a key, or a column of two
/// neighbouring tokens' values.
using Pair = std::uint32_t;

/// Query rows that share each vector of keys or values: with four vectors they fill 24 of 32 registers.
constexpr std::size_t kTileRows = 6;
constexpr std::size_t kTileVectors = 4;
/// Keys are packed in blocks of this many tokens, one tile wide; the last is narrower, whole vectors still.
constexpr std::size_t kKeyBlock = kTileVectors * kAvx512Lanes;
/// Weights are rounded two vectors at a time.
constexpr std::size_t kWeightBlock = 2 * kAvx512Lanes;

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// A head and its packed operands.
struct Task {
  Task(const RoundedAttentionHead& of, float* scratch)
      : head(of),
        key_pairs(of.head_size / 2),
        value_pairs((of.tokens + 1) / 2),
        padded_size(round_up(of.head_size, kAvx512Lanes)),
        padded_tokens(round_up(of.tokens, kWeightBlock)),
        keys(reinterpret_cast<Pair*>(scratch)),
        values(keys + round_up(of.tokens, kAvx512Lanes) * key_pairs),
        scores(scratch + (values - keys) + value_pairs * padded_size) {}

  const RoundedAttentionHead& head;
  std::size_t key_pairs, value_pairs, padded_size, padded_tokens;
  Pair* keys;     ///< blocks of [key_pairs, tokens of the block]
  Pair* values;   ///< [value_pairs, padded_size]
  float* scores;  ///< [kTileRows, padded_tokens]; then each row's weights in bf16, from its beginning
};

/// The tokens of the block of keys at `first`, padded.
std::size_t block_width(const Task& task, std::size_t first) {
  return std::min(kKeyBlock, round_up(task.head.tokens - first, kAvx512Lanes));
}

// ---- Packing

/// Sixteen rows of sixteen pairs become columns.
TRANSKIMMER_AVX512_INLINE void transpose(__m512i (&rows)[kAvx512Lanes]) {
  // By pairs of rows, then by fours, within each quarter of the vectors; then the quarters.
  __m512i twos[kAvx512Lanes], fours[kAvx512Lanes];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(twos[i], twos[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(twos[i], twos[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(twos[i + 1], twos[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(twos[i + 1], twos[i + 3]);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m512i low_a = _mm512_shuffle_i32x4(fours[j], fours[4 + j], 0x44);
    const __m512i low_b = _mm512_shuffle_i32x4(fours[8 + j], fours[12 + j], 0x44);
    const __m512i high_a = _mm512_shuffle_i32x4(fours[j], fours[4 + j], 0xEE);
    const __m512i high_b = _mm512_shuffle_i32x4(fours[8 + j], fours[12 + j], 0xEE);
    rows[j] = _mm512_shuffle_i32x4(low_a, low_b, 0x88);
    rows[4 + j] = _mm512_shuffle_i32x4(low_a, low_b, 0xDD);
    rows[8 + j] = _mm512_shuffle_i32x4(high_a, high_b, 0x88);
    rows[12 + j] = _mm512_shuffle_i32x4(high_a, high_b, 0xDD);
  }
}

/// Up to sixteen tokens from `first` on, zeros past the last.
TRANSKIMMER_AVX512 void pack_key_vectors(const Task& task, std::size_t first, Pair* out, std::size_t width) {
  const RoundedAttentionHead& head = task.head;
  const std::size_t count = std::min(kAvx512Lanes, head.tokens - first);
  for (std::size_t pair = 0; pair < task.key_pairs; pair += kAvx512Lanes) {
    const __mmask16 lanes = lanes_from(pair, task.key_pairs);
    __m512i rows[kAvx512Lanes];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kAvx512Lanes; ++i) {
      const __mmask16 present = i < count ? lanes : __mmask16{0};
      rows[i] = _mm512_maskz_loadu_epi32(present, head.key + (first + i) * head.key_value_stride + 2 * pair);
    }
    transpose(rows);
    const std::size_t pairs = std::min(kAvx512Lanes, task.key_pairs - pair);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kAvx512Lanes; ++i)
      if (i < pairs) _mm512_store_si512(out + (pair + i) * width, rows[i]);
  }
}

void pack_keys(const Task& task) {
  for (std::size_t first = 0; first < task.head.tokens; first += kKeyBlock) {
    const std::size_t width = block_width(task, first);
    Pair* const block = task.keys + first * task.key_pairs;
    for (std::size_t token = 0; token < width; token += kAvx512Lanes)
      pack_key_vectors(task, first + token, block + token, width);
  }
}

/// 2 `half`, 2 `half` + 32, 2 `half` + 1, ...: what interleaves the lower (0) or upper (8) halves of two
/// vectors of bf16.
TRANSKIMMER_AVX512_INLINE __m512i interleaving(int half) {
  const __m512i ascending = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i left = _mm512_add_epi32(ascending, _mm512_set1_epi32(2 * half));
  const __m512i right = _mm512_slli_epi32(_mm512_add_epi32(left, _mm512_set1_epi32(32)), 16);
  return _mm512_or_si512(left, right);
}

/// Pairs of rows, interleaved; the row past an odd last one and the columns past the last are zeros.
TRANSKIMMER_AVX512 void pack_values(const Task& task) {
  const RoundedAttentionHead& head = task.head;
  const __m512i lower = interleaving(0), upper = interleaving(8);
  for (std::size_t pair = 0; pair < task.value_pairs; ++pair) {
    const Bf16* const even = head.value + 2 * pair * head.key_value_stride;
    const bool has_odd = 2 * pair + 1 < head.tokens;
    const Bf16* const odd = has_odd ? even + head.key_value_stride : even;
    Pair* const out = task.values + pair * task.padded_size;
    for (std::size_t column = 0; column < head.head_size; column += 2 * kAvx512Lanes) {
      // Lanes of two columns each, as there is an even number of them.
      const __mmask16 lanes = lanes_from(column / 2, head.head_size / 2);
      const __m512i left = _mm512_maskz_loadu_epi32(lanes, even + column);
      const __m512i right = _mm512_maskz_loadu_epi32(has_odd ? lanes : __mmask16{0}, odd + column);
      _mm512_store_si512(out + column, _mm512_permutex2var_epi16(left, lower, right));
      if (column + kAvx512Lanes < task.padded_size)
        _mm512_store_si512(out + column + kAvx512Lanes, _mm512_permutex2var_epi16(left, upper, right));
    }
  }
}

// ---- Products

/// Rows of pairs times a packed matrix of [depth, some vectors].
struct Product {
  const Bf16* left;
  std::size_t left_stride;  ///< bf16 between rows
  const Pair* right;
  std::size_t right_stride;  ///< pairs between rows
  std::size_t depth;
};

template <std::size_t kRows, std::size_t kVectors>
TRANSKIMMER_AVX512_INLINE void multiply(const Product& product, __m512 (&sums)[kRows][kVectors]) {
#pragma GCC unroll 6
  for (auto& row : sums)
#pragma GCC unroll 4
    for (auto& sum : row) sum = _mm512_setzero_ps();
  const Bf16* left = product.left;
  const Pair* right = product.right;
  for (std::size_t k = 0; k < product.depth; ++k) {
    __m512i vectors[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) vectors[v] = _mm512_load_si512(right + v * kAvx512Lanes);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t pair;
      std::memcpy(&pair, left + r * product.left_stride, sizeof pair);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], (__m512bh)_mm512_set1_epi32(pair), (__m512bh)vectors[v]);
    }
    left += 2;
    right += product.right_stride;
  }
}

/// Scores of rows with some vectors of a block of keys.
template <std::size_t kRows, std::size_t kVectors>
TRANSKIMMER_AVX512 void multiply_keys(const Product& product, float* scores, std::size_t padded_tokens) {
  __m512 sums[kRows][kVectors];
  multiply(product, sums);
#pragma GCC unroll 6
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v)
      _mm512_store_ps(scores + r * padded_tokens + v * kAvx512Lanes, sums[r][v]);
}

/// Where weighted sums of values go, from some column of a row on.
struct Context {
  const RoundedAttentionHead& head;
  std::size_t first_row;
  std::size_t column;
  const float* inverse_sums;  ///< [rows]: what the weights' sums are brought to one by
};

/// Weighted sums of some vectors of values.
template <std::size_t kRows, std::size_t kVectors>
TRANSKIMMER_AVX512 void multiply_values(const Product& product, const Context& context) {
  __m512 sums[kRows][kVectors];
  multiply(product, sums);
  const RoundedAttentionHead& head = context.head;
#pragma GCC unroll 6
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t column = context.column + v * kAvx512Lanes;
      const std::size_t place = (context.first_row + r) * head.out_stride + column;
      const __mmask16 lanes = lanes_from(column, head.head_size);
      const __m512 value = _mm512_mul_ps(sums[r][v], _mm512_set1_ps(context.inverse_sums[r]));
      if (head.rounded_out != nullptr) {
        _mm256_mask_storeu_epi16(head.rounded_out + place, lanes, (__m256i)_mm512_cvtneps_pbh(value));
      } else {
        _mm512_mask_storeu_ps(head.out + place, lanes, value);
      }
    }
}

// ---- Softmax

/// 2^x for x <= 0: 2 to what is above the next lower whole number, a polynomial of least relative error
/// (7.5e-5, when bf16 rounds by up to 4e-3), times 2 to that number. 2^-infinity is 0.
TRANSKIMMER_AVX512_INLINE __m512 power_of_two(__m512 x) {
  constexpr int kLessNextLower = 0x09;
  const __m512 rest = _mm512_reduce_ps(x, kLessNextLower);
  __m512 value = _mm512_set1_ps(7.802452269e-2F);
  for (const float coefficient : {2.260671554e-1F, 6.958335405e-1F, 9.999252186e-1F})
    value = _mm512_fmadd_ps(value, rest, _mm512_set1_ps(coefficient));
  return _mm512_scalef_ps(value, x);
}

/// A vector of a row of scores, minus infinity past the last token.
TRANSKIMMER_AVX512_INLINE __m512 load_scores(const float* scores, std::size_t i, std::size_t tokens) {
  if (i + kAvx512Lanes <= tokens) return _mm512_load_ps(scores + i);
  const __m512 none = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  return _mm512_mask_loadu_ps(none, lanes_from(i, tokens), scores + i);
}

TRANSKIMMER_AVX512_INLINE float largest_score(const float* scores, std::size_t tokens) {
  __m512 most = load_scores(scores, 0, tokens);
  for (std::size_t i = kAvx512Lanes; i < tokens; i += kAvx512Lanes)
    most = _mm512_max_ps(most, load_scores(scores, i, tokens));
  return _mm512_reduce_max_ps(most);
}

/// A row of scores -> exp(score - largest) in bf16, in place, zeros past the last token; returns lanes whose
/// sum is that of the row.
TRANSKIMMER_AVX512_INLINE __m512 exponentiate(float* scores, std::size_t tokens, float largest) {
  constexpr float kLog2OfE = 1.44269504F;
  constexpr int kOnes = 0x3F803F80;
  const __m512 scale = _mm512_set1_ps(kLog2OfE), shift = _mm512_set1_ps(largest * kLog2OfE);
  __m512 sums = _mm512_setzero_ps();
  auto* const weights = reinterpret_cast<Bf16*>(scores);
  for (std::size_t i = 0; i < tokens; i += kWeightBlock) {
    const __m512 low = _mm512_fmsub_ps(load_scores(scores, i, tokens), scale, shift);
    const __m512 high = _mm512_fmsub_ps(load_scores(scores, i + kAvx512Lanes, tokens), scale, shift);
    const __m512bh rounded = _mm512_cvtne2ps_pbh(power_of_two(high), power_of_two(low));
    sums = _mm512_dpbf16_ps(sums, rounded, (__m512bh)_mm512_set1_epi32(kOnes));
    _mm512_store_si512(weights + i, (__m512i)rounded);
  }
  return sums;
}

/// Adds to the scores of a query what the head has for each distance. The distances of a text of which no
/// token between has left follow each other.
TRANSKIMMER_AVX512 void add_bias(const RoundedAttentionHead& head, std::size_t query, float* scores) {
  const auto* const places = reinterpret_cast<const std::int32_t*>(head.places);
  const std::int32_t own = places[query];
  const bool whole = places[head.tokens - 1] - places[0] == static_cast<std::int32_t>(head.tokens) - 1;
  const float* const first = head.bias + (places[0] - own);
  for (std::size_t i = 0; i < head.tokens; i += kAvx512Lanes) {
    const __mmask16 lanes = lanes_from(i, head.tokens);
    __m512 bias;
    if (whole) {
      bias = _mm512_maskz_loadu_ps(lanes, first + i);
    } else {
      const __m512i distance =
          _mm512_sub_epi32(_mm512_maskz_loadu_epi32(lanes, places + i), _mm512_set1_epi32(own));
      bias = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, distance, head.bias, sizeof(float));
    }
    const __m512 score = _mm512_maskz_loadu_ps(lanes, scores + i);
    _mm512_mask_storeu_ps(scores + i, lanes, _mm512_add_ps(score, bias));
  }
}

/// Softmax of all rows of a tile but for the division: writes 1 / sum of each. Step by step for all of them,
/// as each step of a single row waits for the one before.
template <std::size_t kRows>
TRANSKIMMER_AVX512 void exponentiate_rows(const Task& task, float* inverse_sums) {
  const std::size_t tokens = task.head.tokens;
  float largest[kRows];
  __m512 sums[kRows];
  for (std::size_t r = 0; r < kRows; ++r)
    largest[r] = largest_score(task.scores + r * task.padded_tokens, tokens);
  for (std::size_t r = 0; r < kRows; ++r)
    sums[r] = exponentiate(task.scores + r * task.padded_tokens, tokens, largest[r]);
  for (std::size_t r = 0; r < kRows; ++r) inverse_sums[r] = 1.0F / _mm512_reduce_add_ps(sums[r]);
}

// ---- Rows

/// Calls `body(std::integral_constant)` for as many vectors as a tile at `first` has.
template <class Body>
void with_vectors(std::size_t vectors, const Body& body) {
  switch (std::min(vectors, kTileVectors)) {
    case 1:
      return body(std::integral_constant<std::size_t, 1>());
    case 2:
      return body(std::integral_constant<std::size_t, 2>());
    case 3:
      return body(std::integral_constant<std::size_t, 3>());
    default:
      return body(std::integral_constant<std::size_t, kTileVectors>());
  }
}

template <std::size_t kRows>
void attend_rows(const Task& task, std::size_t first_row) {
  const RoundedAttentionHead& head = task.head;
  const Bf16* const query = head.query + first_row * head.query_stride;
  for (std::size_t block = 0; block < head.tokens; block += kKeyBlock) {
    const std::size_t width = block_width(task, block);
    const Product product{query, head.query_stride, task.keys + block * task.key_pairs, width,
                          task.key_pairs};
    with_vectors(width / kAvx512Lanes, [&](auto vectors) {
      multiply_keys<kRows, vectors>(product, task.scores + block, task.padded_tokens);
    });
  }
  if (head.bias != nullptr)
    for (std::size_t r = 0; r < kRows; ++r)
      add_bias(head, first_row + r, task.scores + r * task.padded_tokens);
  std::array<float, kRows> inverse_sums;
  exponentiate_rows<kRows>(task, inverse_sums.data());
  const auto* const weights = reinterpret_cast<const Bf16*>(task.scores);
  for (std::size_t column = 0; column < task.padded_size; column += kKeyBlock) {
    const Product product{weights, 2 * task.padded_tokens, task.values + column, task.padded_size,
                          task.value_pairs};
    with_vectors((task.padded_size - column) / kAvx512Lanes, [&](auto vectors) {
      multiply_values<kRows, vectors>(product, {head, first_row, column, inverse_sums.data()});
    });
  }
}

}  // namespace

bool can_attend_rounded(std::size_t head_size) {
  return head_size % 2 == 0 && usable_precision(Precision::bf16) == Precision::bf16;
}

void attend_rounded(const RoundedAttentionHead& head, float* scratch) {
  constexpr void (*kAttendRows[])(const Task&, std::size_t) = {
      attend_rows<1>, attend_rows<2>, attend_rows<3>, attend_rows<4>, attend_rows<5>, attend_rows<6>};
  static_assert(std::size(kAttendRows) == kTileRows);
  const Task task(head, scratch);
  pack_keys(task);
  pack_values(task);
  const std::size_t tiles = (head.queries + kTileRows - 1) / kTileRows;
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const std::size_t first = head.queries * tile / tiles, end = head.queries * (tile + 1) / tiles;
    kAttendRows[end - first - 1](task, first);
  }
}

#else

bool can_attend_rounded(std::size_t /*head_size*/) {
  return false;
}

void attend_rounded(const RoundedAttentionHead& /*head*/, float* /*scratch*/) {}

#endif

}  // namespace transkimmer
