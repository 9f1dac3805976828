#pragma once

#if defined(__x86_64__)
#include <algorithm>
#include <cstddef>

#include <immintrin.h>

// What kernels written in AVX-512 intrinsics share. Highway 1.0 has no target with its BF16 instructions.
// Who calls such a kernel must have asked usable_precision or can_stream whether the machine has them.

#define TRANSKIMMER_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni")))
#define TRANSKIMMER_AVX512_INLINE TRANSKIMMER_AVX512 __attribute__((always_inline)) static inline

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own definitions of intrinsics begin from values that are deliberately undefined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace transkimmer {

/// Floats in a vector.
inline constexpr std::size_t kAvx512Lanes = 16;

/// The lanes of a vector at `column` that are among the first `columns`.
TRANSKIMMER_AVX512_INLINE __mmask16 lanes_from(std::size_t column, std::size_t columns) {
  const std::size_t left = column < columns ? std::min(kAvx512Lanes, columns - column) : 0;
  return static_cast<__mmask16>((1U << left) - 1);
}

}  // namespace transkimmer
#endif
