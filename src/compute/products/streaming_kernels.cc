#include "compute/products/streaming_kernels.h"

#include <algorithm>
#include <cstring>

#include "compute/buffers.h"
#include "compute/operand.h"
#include "compute/usable_precision.h"

#if defined(__x86_64__)
#include <oneapi/dnnl/dnnl.hpp>

#include "compute/kernels/avx512.h"
#endif

namespace transkimmer {

#if defined(__x86_64__)
namespace {

/// Rows that share each vector of weights: with four vectors they fill 24 of 32 registers.
constexpr int kTileRows = 6;
constexpr int kVectors = 4;
constexpr std::size_t kVectorBytes = 64;

/// One step multiplies `kValues` neighbouring values of a row with a vector of weights.
struct F32Step {
  using Sums = __m512;
  static constexpr std::size_t kValues = 1, kValueBytes = sizeof(float);

  TRANSKIMMER_AVX512_INLINE Sums zero() { return _mm512_setzero_ps(); }
  TRANSKIMMER_AVX512_INLINE Sums add(Sums sums, const std::byte* x, __m512i weights) {
    float value;
    std::memcpy(&value, x, sizeof value);
    return _mm512_fmadd_ps(_mm512_set1_ps(value), _mm512_castsi512_ps(weights), sums);
  }
  TRANSKIMMER_AVX512_INLINE void store(Sums sums, const StreamedProduct& product, std::size_t column,
                                       __mmask16 mask, std::size_t place) {
    const __m512 bias = _mm512_maskz_loadu_ps(mask, product.bias + column);
    _mm512_mask_storeu_ps(static_cast<float*>(product.y) + place, mask, _mm512_add_ps(sums, bias));
  }
};

struct Bf16Step : F32Step {
  static constexpr std::size_t kValues = 2, kValueBytes = sizeof(Bf16);

  TRANSKIMMER_AVX512_INLINE Sums add(Sums sums, const std::byte* x, __m512i weights) {
    std::int32_t pair;
    std::memcpy(&pair, x, sizeof pair);
    return _mm512_dpbf16_ps(sums, (__m512bh)_mm512_set1_epi32(pair), (__m512bh)weights);
  }
};

/// The instruction takes x without a sign: 128 is added to its values, and comes off the sums as 128 times
/// the column's.
struct Int8Step {
  using Sums = __m512i;
  static constexpr std::size_t kValues = 4, kValueBytes = sizeof(std::int8_t);

  TRANSKIMMER_AVX512_INLINE Sums zero() { return _mm512_setzero_si512(); }
  TRANSKIMMER_AVX512_INLINE Sums add(Sums sums, const std::byte* x, __m512i weights) {
    std::int32_t four;
    std::memcpy(&four, x, sizeof four);
    // Around the intrinsic GCC 12 copies the sums to and fro.
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(_mm512_set1_epi32(four)), "v"(weights));
    return sums;
  }
  TRANSKIMMER_AVX512_INLINE void store(Sums sums, const StreamedProduct& product, std::size_t column,
                                       __mmask16 mask, std::size_t place) {
    const __m512i offset = _mm512_maskz_loadu_epi32(mask, product.offset_sums + column);
    _mm512_mask_storeu_epi32(static_cast<std::int32_t*>(product.y) + place, mask,
                             _mm512_sub_epi32(sums, offset));
  }
};

/// Some rows times one block, during which a share of the next block is fetched.
struct TileTask {
  std::size_t first_row = 0;
  std::size_t block = 0;
  const std::byte* fetch = nullptr;  ///< of the next block; never read, so that it may lie past the end
};

/// kLines: cache lines of each four of the next block that are fetched. (A loop with a number that is not
/// constant makes GCC 12 keep int8's sums in memory.)
template <class Step, int kRows, int kLines>
TRANSKIMMER_AVX512 void multiply_tile(const StreamedProduct& product, const TileTask& task) {
  const std::size_t row_bytes = product.in * Step::kValueBytes;
  const std::byte* x = static_cast<const std::byte*>(product.x) + task.first_row * row_bytes;
  const std::byte* weights = static_cast<const std::byte*>(product.weights) +
                             task.block * kStreamedColumns * product.in * Step::kValueBytes;
  const std::byte* fetch = task.fetch;
  typename Step::Sums sums[kRows][kVectors];
#pragma GCC unroll 6
  for (auto& row : sums)
#pragma GCC unroll 4
    for (auto& sum : row) sum = Step::zero();
  for (std::size_t k = 0; k < product.in; k += Step::kValues) {
    __m512i right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      right[v] = _mm512_loadu_si512(weights + static_cast<std::size_t>(v) * kVectorBytes);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v)
        sums[r][v] = Step::add(sums[r][v], x + static_cast<std::size_t>(r) * row_bytes, right[v]);
#pragma GCC unroll 4
    for (int line = 0; line < kLines; ++line)
      _mm_prefetch(fetch + static_cast<std::size_t>(line) * kVectorBytes, _MM_HINT_T1);
    x += Step::kValues * Step::kValueBytes;
    weights += kVectors * kVectorBytes;
    fetch += kVectors * kVectorBytes;
  }
  // Unrolled like the loops above, or GCC keeps the sums in memory all along.
  const std::size_t first_column = task.block * kStreamedColumns;
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const std::size_t column = first_column + static_cast<std::size_t>(v) * kAvx512Lanes;
      const std::size_t row = task.first_row + static_cast<std::size_t>(r);
      Step::store(sums[r][v], product, column, lanes_from(column, product.columns),
                  row * product.y_stride + column);
    }
}

template <class Step, int kLines>
void multiply_rows(const StreamedProduct& product, const TileTask& task, std::size_t rows) {
  constexpr void (*kTiles[])(const StreamedProduct&, const TileTask&) = {
      multiply_tile<Step, 1, kLines>, multiply_tile<Step, 2, kLines>, multiply_tile<Step, 3, kLines>,
      multiply_tile<Step, 4, kLines>, multiply_tile<Step, 5, kLines>, multiply_tile<Step, 6, kLines>};
  static_assert(std::size(kTiles) == kTileRows);
  kTiles[rows - 1](product, task);
}

/// All blocks. The tiles of a block share the fetching of the next, each `kLines` of four lines, until all
/// are.
template <class Step, int kLines>
void multiply_blocks(const StreamedProduct& product, std::size_t tiles) {
  const std::size_t blocks = (product.columns + kStreamedColumns - 1) / kStreamedColumns;
  const std::size_t block_bytes = kStreamedColumns * product.in * Step::kValueBytes;
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto* present = static_cast<const std::byte*>(product.weights) + block * block_bytes;
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t first = product.rows * tile / tiles, end = product.rows * (tile + 1) / tiles;
      const std::size_t first_line = tile * kLines;
      const auto* following =
          block + 1 < blocks ? present + block_bytes : static_cast<const std::byte*>(product.next);
      // What is there already, where there is nothing left to fetch.
      const bool fetches = following != nullptr && first_line < kVectors;
      const auto* fetch = fetches ? following + first_line * kVectorBytes : present;
      multiply_rows<Step, kLines>(product, {first, block, fetch}, end - first);
    }
  }
}

template <class Step>
void multiply_all(const StreamedProduct& product) {
  const std::size_t tiles = (product.rows + kTileRows - 1) / kTileRows;
  if (tiles == 1) return multiply_blocks<Step, kVectors>(product, tiles);
  if (tiles < kVectors) return multiply_blocks<Step, 2>(product, tiles);
  multiply_blocks<Step, 1>(product, tiles);
}

/// The rows of x with kStreamedOffset added, valid until this thread's next call.
const std::byte* without_sign(const StreamedProduct& product) {
  thread_local AlignedBuffer<std::byte> buffer;
  const std::size_t count = product.rows * product.in;
  std::byte* const out = buffer.reserve(count);
  const auto* in = static_cast<const std::byte*>(product.x);
  for (std::size_t i = 0; i < count; ++i) out[i] = in[i] ^ std::byte{kStreamedOffset};
  return out;
}

}  // namespace

bool can_stream(Precision precision) {
  if (precision != Precision::f32) return usable_precision(precision) == precision;
  const auto widest = dnnl::get_effective_cpu_isa();
  return (static_cast<unsigned>(widest) & static_cast<unsigned>(dnnl::cpu_isa::avx512_core)) ==
         static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
}

void multiply_streamed(Precision precision, const StreamedProduct& product) {
  switch (precision) {
    case Precision::bf16:
      return multiply_all<Bf16Step>(product);
    case Precision::int8: {
      StreamedProduct offset = product;
      offset.x = without_sign(product);
      return multiply_all<Int8Step>(offset);
    }
    default:
      return multiply_all<F32Step>(product);
  }
}

#else

bool can_stream(Precision /*precision*/) {
  return false;
}

void multiply_streamed(Precision /*precision*/, const StreamedProduct& /*product*/) {}

#endif

}  // namespace transkimmer
