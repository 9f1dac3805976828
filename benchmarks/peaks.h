#pragma once

#include "transkimmer/options.h"

namespace transkimmer {

/// The most that this machine does a second, measured now: what results are fractions of. 0 where it has no
/// instructions for it, or none that are known here.
struct Peaks {
  double f32 = 0;               ///< operations (two a multiply-accumulate) with nothing but registers
  double bf16 = 0;              ///< of AVX-512 BF16
  double int8 = 0;              ///< of AVX-512 VNNI
  double memory_bandwidth = 0;  ///< bytes read from a block far larger than the caches
  double cache_bandwidth = 0;   ///< bytes read and written by copies within the second-level cache

  double of(Precision precision) const;
};

/// The sum over `threads` threads that run at once.
Peaks measure_peaks(int threads);

}  // namespace transkimmer
