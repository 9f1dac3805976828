#include "compute/kernels/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>

// foreach_target.h includes this file once per instruction set and must come before highway.h.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/kernels/attention.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "compute/kernels/lanes-inl.h"
#include "compute/kernels/row_math-inl.h"

#ifndef TRANSKIMMER_ATTENTION_LAYOUT
#define TRANSKIMMER_ATTENTION_LAYOUT
namespace transkimmer {
/// Keys are packed in blocks of this many tokens: four vectors of the widest instruction set (16 floats),
/// eight of the next. The last block is narrower where that still makes whole vectors.
constexpr std::size_t kKeyBlock = 64;
/// Query rows that share each load of a key or value vector.
constexpr std::size_t kQueryRows = 6;
/// Keys, scores and values are padded to whole vectors of the widest instruction set.
constexpr std::size_t kWidestVector = 16;

inline std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Tokens of the block of keys that begins at `first`, padded.
inline std::size_t block_width(std::size_t first, std::size_t tokens) {
  return std::min(kKeyBlock, round_up(tokens - first, kWidestVector));
}
}  // namespace transkimmer
#endif

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

/// Vectors per inner tile: with kQueryRows rows of accumulators this fills 24 of 32 registers, or 12 of 16.
#if HWY_TARGET <= HWY_AVX3
constexpr int kTileVectors = 4;
#else
constexpr int kTileVectors = 2;
#endif

/// rows x vectors of sums of left[row][k] * right[k][vector], k in [0, depth); left and right are read with
/// their strides and the result is written with `out_stride`.
struct Tile {
  const float* left;
  std::size_t left_stride;
  const float* right;
  std::size_t right_stride;
  std::size_t depth;
  float* out;
  std::size_t out_stride;
};

template <int kRows, int kVectors>
HWY_INLINE void MultiplyTile(const Tile& tile) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<Floats> sums[kRows][kVectors];
  for (auto& row : sums)
    for (auto& sum : row) sum = hn::Zero(d);
  for (std::size_t k = 0; k < tile.depth; ++k) {
    hn::Vec<Floats> right[kVectors];
    for (int v = 0; v < kVectors; ++v)
      right[v] = hn::LoadU(d, tile.right + k * tile.right_stride + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const auto left = hn::Set(d, tile.left[r * tile.left_stride + k]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, tile.out + r * tile.out_stride + v * lanes);
}

/// A tile of as many vectors as there are, at most kMost.
template <int kRows, int kMost>
HWY_INLINE void MultiplyTileOf(std::size_t vectors, const Tile& tile) {
  if (vectors >= kMost) {
    MultiplyTile<kRows, kMost>(tile);
  } else if constexpr (kMost > 1) {
    MultiplyTileOf<kRows, kMost - 1>(vectors, tile);
  }
}

/// All of a row block: `columns` is a multiple of the vector length.
template <int kRows>
HWY_INLINE void MultiplyRows(Tile tile, std::size_t columns) {
  const std::size_t lanes = hn::Lanes(Floats()), step = kTileVectors * lanes;
  for (std::size_t column = 0; column < columns; column += step) {
    MultiplyTileOf<kRows, kTileVectors>((columns - column) / lanes, tile);
    tile.right += step;
    tile.out += step;
  }
}

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kSquare = 1;

HWY_INLINE void TransposeSquare(const float* in, std::size_t /*in_stride*/, float* out,
                                std::size_t /*out_stride*/) {
  *out = *in;
}
#else
constexpr std::size_t kSquare = 4;

/// kSquare rows of as many columns.
HWY_INLINE void TransposeSquare(const float* in, std::size_t in_stride, float* out, std::size_t out_stride) {
  const hn::FixedTag<float, kSquare> d;
  const auto a = hn::LoadU(d, in), b = hn::LoadU(d, in + in_stride);
  const auto c = hn::LoadU(d, in + 2 * in_stride), e = hn::LoadU(d, in + 3 * in_stride);
  const auto left_ab = hn::InterleaveLower(d, a, b), right_ab = hn::InterleaveUpper(d, a, b);
  const auto left_ce = hn::InterleaveLower(d, c, e), right_ce = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, left_ce, left_ab), d, out);
  hn::StoreU(hn::ConcatUpperUpper(d, left_ce, left_ab), d, out + out_stride);
  hn::StoreU(hn::ConcatLowerLower(d, right_ce, right_ab), d, out + 2 * out_stride);
  hn::StoreU(hn::ConcatUpperUpper(d, right_ce, right_ab), d, out + 3 * out_stride);
}
#endif

/// Columns [begin, end) of `count` keys -> rows of a block, value by value.
HWY_INLINE void PackSingly(const float* key, std::size_t stride, std::size_t count, std::size_t begin,
                           std::size_t end, float* block, std::size_t width) {
  for (std::size_t token = 0; token < count; ++token)
    for (std::size_t k = begin; k < end; ++k) block[k * width + token] = key[token * stride + k];
}

/// [tokens, head_size] with a stride -> blocks of [head_size, tokens of the block], zeros past the last
/// token.
HWY_INLINE void PackKeys(const AttentionHead& head, float* packed) {
  const std::size_t stride = head.key_value_stride, whole = head.head_size / kSquare * kSquare;
  for (std::size_t first = 0; first < head.tokens; first += kKeyBlock) {
    const std::size_t count = std::min(kKeyBlock, head.tokens - first);
    const std::size_t width = block_width(first, head.tokens);
    const float* key = head.key + first * stride;
    float* block = packed + first * head.head_size;
    if (count < width) std::memset(block, 0, width * head.head_size * sizeof(float));
    std::size_t token = 0;
    for (; token + kSquare <= count; token += kSquare) {
      const float* rows = key + token * stride;
      for (std::size_t k = 0; k < whole; k += kSquare)
        TransposeSquare(rows + k, stride, block + k * width + token, width);
      PackSingly(rows, stride, kSquare, whole, head.head_size, block + token, width);
    }
    PackSingly(key + token * stride, stride, count - token, 0, head.head_size, block + token, width);
  }
}

HWY_INLINE void PackValues(const AttentionHead& head, std::size_t padded_size, float* packed) {
  for (std::size_t token = 0; token < head.tokens; ++token) {
    float* row = packed + token * padded_size;
    std::memcpy(row, head.value + token * head.key_value_stride, head.head_size * sizeof(float));
    for (std::size_t k = head.head_size; k < padded_size; ++k) row[k] = 0.0f;
  }
}

/// exp(x) for x in [-87, 0], where it is a normal number: 2 to a whole number of times 2 to the rest, a
/// polynomial of least relative error (7.5e-8). Rounding adds 2e-7 for x near 0, and 1.3e-6 at -87, where
/// nothing comes of it.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpOfNegative(D d, V x) {
  const hn::RebindToSigned<D> integers;
  const V log2_of_e = hn::Set(d, 1.44269504f);
  const auto whole = hn::NearestInt(hn::Mul(x, log2_of_e));
  const V rest = hn::MulSub(x, log2_of_e, hn::ConvertTo(d, whole));
  V value = hn::Set(d, 1.327647245e-3f);
  for (const float coefficient :
       {9.675540961e-3f, 5.550713092e-2f, 2.402212024e-1f, 6.931469440e-1f, 1.000000119f})
    value = hn::MulAdd(value, rest, hn::Set(d, coefficient));
  return hn::BitCast(d, hn::Add(hn::BitCast(integers, value), hn::ShiftLeft<23>(whole)));
}

/// A vector of scores, minus infinity past the last token. (Writing that into the row instead would make the
/// load wait until all that was written has left the store queue.)
template <class D>
HWY_INLINE hn::Vec<D> LoadScores(D d, const float* scores, std::size_t i, std::size_t tokens) {
  const auto values = hn::LoadU(d, scores + i);
  if (i + hn::Lanes(d) <= tokens) return values;
  return hn::IfThenElse(hn::FirstN(d, tokens - i), values,
                        hn::Set(d, -std::numeric_limits<float>::infinity()));
}

/// scores[0, tokens) -> exp(score - max); returns 1 / sum.
HWY_INLINE float Exponentiate(float* scores, std::size_t tokens) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  auto maxima = LoadScores(d, scores, 0, tokens);
  for (std::size_t i = lanes; i < tokens; i += lanes)
    maxima = hn::Max(maxima, LoadScores(d, scores, i, tokens));
  const auto maximum = hn::MaxOfLanes(d, maxima);
  // Below this the exponential is no normal float and adds nothing; it also keeps the padding's infinities
  // out of the polynomial.
  const auto floor = hn::Set(d, -87.0f);
  auto sums = hn::Zero(d);
  for (std::size_t i = 0; i < tokens; i += lanes) {
    const auto power = hn::Max(hn::Sub(LoadScores(d, scores, i, tokens), maximum), floor);
    const auto weight = ExpOfNegative(d, power);
    sums = hn::Add(sums, weight);
    hn::StoreU(weight, d, scores + i);
  }
  return 1.0f / hn::GetLane(hn::SumOfLanes(d, sums));
}

/// Adds to the scores of a query what the head has for each distance. The distances of a text of which no
/// token between has left follow each other.
HWY_INLINE void AddBias(const AttentionHead& head, std::size_t query, float* scores) {
  const auto* const places = reinterpret_cast<const std::int32_t*>(head.places);
  const std::int32_t own = places[query];
  const bool whole = places[head.tokens - 1] - places[0] == static_cast<std::int32_t>(head.tokens) - 1;
  if (whole) {
    const float* const bias = head.bias + (places[0] - own);
    ForLanes(head.tokens, [&](auto d, std::size_t i) HWY_ATTR {
      hn::StoreU(hn::Add(hn::LoadU(d, scores + i), hn::LoadU(d, bias + i)), d, scores + i);
    });
    return;
  }
  ForLanes(head.tokens, [&](auto d, std::size_t i) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> integers;
    const auto distance = hn::Sub(hn::LoadU(integers, places + i), hn::Set(integers, own));
    const auto bias = hn::GatherIndex(d, head.bias, distance);
    hn::StoreU(hn::Add(hn::LoadU(d, scores + i), bias), d, scores + i);
  });
}

template <int kRows>
HWY_NOINLINE void AttendRows(const AttentionHead& head, std::size_t first, const float* keys,
                             const float* values, std::size_t padded_size, float* scores, float* weighted) {
  const std::size_t padded_tokens = round_up(head.tokens, kWidestVector);
  const float* query = head.query + first * head.query_stride;
  const std::size_t lanes = hn::Lanes(Floats());
  for (std::size_t block = 0; block < head.tokens; block += kKeyBlock)
    MultiplyRows<kRows>({query, head.query_stride, keys + block * head.head_size,
                         block_width(block, head.tokens), head.head_size, scores + block, padded_tokens},
                        round_up(std::min(kKeyBlock, head.tokens - block), lanes));
  if (head.bias != nullptr)
    for (int r = 0; r < kRows; ++r) AddBias(head, first + r, scores + r * padded_tokens);
  float inverse_sums[kRows];
  for (int r = 0; r < kRows; ++r) inverse_sums[r] = Exponentiate(scores + r * padded_tokens, head.tokens);
  MultiplyRows<kRows>({scores, padded_tokens, values, padded_size, head.tokens, weighted, padded_size},
                      round_up(head.head_size, lanes));
  for (int r = 0; r < kRows; ++r) {
    float* in = weighted + r * padded_size;
    const std::size_t start = (first + r) * head.out_stride;
    float* out = head.rounded_out == nullptr ? head.out + start : in;
    ForLanes(head.head_size, [&](auto d, std::size_t i) HWY_ATTR {
      hn::StoreU(hn::Mul(hn::LoadU(d, in + i), hn::Set(d, inverse_sums[r])), d, out + i);
    });
    if (head.rounded_out != nullptr) RoundRow(in, head.head_size, head.rounded_out + start);
  }
}

/// AttendRows of so many rows, at most kMost.
template <int kMost, class... Arguments>
HWY_INLINE void AttendRowsOf(std::size_t rows, const Arguments&... arguments) {
  if (rows >= kMost) {
    AttendRows<kMost>(arguments...);
  } else if constexpr (kMost > 1) {
    AttendRowsOf<kMost - 1>(rows, arguments...);
  }
}

void Attend(const AttentionHead& head, float* scratch) {
  const std::size_t padded_tokens = round_up(head.tokens, kWidestVector);
  const std::size_t padded_size = round_up(head.head_size, kWidestVector);
  float* keys = scratch;
  float* values = keys + padded_tokens * head.head_size;
  float* scores = values + head.tokens * padded_size;
  float* weighted = scores + kQueryRows * padded_tokens;
  PackKeys(head, keys);
  PackValues(head, padded_size, values);
  // Blocks of about as many rows each: a last one of few would leave the processor waiting for single sums.
  const std::size_t blocks = (head.queries + kQueryRows - 1) / kQueryRows;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = head.queries * block / blocks, end = head.queries * (block + 1) / blocks;
    AttendRowsOf<kQueryRows>(end - first, head, first, keys, values, padded_size, scores, weighted);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(Attend);

void attend(const AttentionHead& head, float* scratch) {
  HWY_DYNAMIC_DISPATCH(Attend)(head, scratch);
}

std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_size) {
  // Of attend, as attend_rounded packs keys and values in half of that.
  const std::size_t padded_tokens = round_up(tokens, kWidestVector);
  const std::size_t padded_size = round_up(head_size, kWidestVector);
  return padded_tokens * head_size + tokens * padded_size + kQueryRows * (padded_tokens + padded_size);
}

}  // namespace transkimmer
#endif  // HWY_ONCE
