#include "peaks.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

/// Results go here, so that the compiler cannot leave their computation out.
volatile float float_sink = 0;
volatile std::int64_t integer_sink = 0;

/// Work of one thread: does some and returns how many operations or bytes it was.
using Work = std::function<double()>;

constexpr auto kMeasureFor = std::chrono::milliseconds(100);
constexpr int kTries = 3;

/// The best rate of `threads` threads, each with work of its own, that begin together.
double best_rate(int threads, const std::function<Work()>& make_work) {
  double best = 0;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    std::vector<double> rates(static_cast<std::size_t>(threads));
    {
      std::barrier begin(threads);
      std::vector<std::jthread> running;
      for (double& rate : rates)
        running.emplace_back([&begin, &rate, &make_work] {
          const Work work = make_work();
          work();
          begin.arrive_and_wait();
          const auto start = Clock::now();
          double done = 0;
          do done += work();
          while (Clock::now() - start < kMeasureFor);
          rate = done / std::chrono::duration<double>(Clock::now() - start).count();
        });
    }
    best = std::max(best, std::accumulate(rates.begin(), rates.end(), 0.0));
  }
  return best;
}

#if defined(__x86_64__)

/// Makes each of the sums something else to the compiler, which would compute one for all of them.
template <typename Vector, std::size_t kCount>
__attribute__((always_inline)) inline void disguise(Vector (&sums)[kCount]) {
#pragma GCC unroll 24
  for (Vector& sum : sums) asm volatile("" : "+v"(sum));
}

constexpr int kRepeats = 20'000;
/// Unrolled, so that they stay in registers: enough independent sums to hide the latency of 4 to 5 cycles of
/// two units, and no more than the registers.
constexpr int kSums = 24;
constexpr int kNarrowSums = 12;

__attribute__((target("avx512f"))) double multiply_f32_avx512() {
  __m512 sums[kSums] = {};
  disguise(sums);
  const __m512 left = _mm512_set1_ps(float_sink), right = _mm512_set1_ps(1.0F);
  for (int i = 0; i < kRepeats; ++i)
#pragma GCC unroll 24
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(left, right, sum);
#pragma GCC unroll 24
  for (const __m512& sum : sums) float_sink = float_sink + _mm512_cvtss_f32(sum);
  return 2.0 * 16 * kSums * kRepeats;
}

__attribute__((target("avx2,fma"))) double multiply_f32_avx2() {
  __m256 sums[kNarrowSums] = {};
  disguise(sums);
  const __m256 left = _mm256_set1_ps(float_sink), right = _mm256_set1_ps(1.0F);
  for (int i = 0; i < kRepeats; ++i)
#pragma GCC unroll 24
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(left, right, sum);
  for (const __m256& sum : sums) float_sink = float_sink + _mm256_cvtss_f32(sum);
  return 2.0 * 8 * kNarrowSums * kRepeats;
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) double multiply_bf16() {
  __m512 sums[kSums] = {};
  disguise(sums);
  const __m512 values = _mm512_set1_ps(float_sink);
  const __m512bh operand = _mm512_cvtne2ps_pbh(values, values);
  for (int i = 0; i < kRepeats; ++i)
#pragma GCC unroll 24
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, operand, operand);
#pragma GCC unroll 24
  for (const __m512& sum : sums) float_sink = float_sink + _mm512_cvtss_f32(sum);
  return 2.0 * 32 * kSums * kRepeats;
}

/// GCC 12 copies the sums to and fro around the intrinsic.
__attribute__((target("avx512f,avx512vnni"))) double multiply_int8() {
  __m512i sums[kSums] = {};
  disguise(sums);
  const __m512i operand = _mm512_set1_epi8(static_cast<char>(integer_sink));
  for (int i = 0; i < kRepeats; ++i)
#pragma GCC unroll 24
    for (__m512i& sum : sums) asm("vpdpbusd %1, %1, %0" : "+v"(sum) : "v"(operand));
#pragma GCC unroll 24
  for (const __m512i& sum : sums) integer_sink = integer_sink + _mm512_cvtsi512_si32(sum);
  return 2.0 * 64 * kSums * kRepeats;
}

void measure_arithmetic(int threads, Peaks& peaks) {
  const auto rate = [threads](double (*work)()) { return best_rate(threads, [work] { return Work(work); }); };
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) {
    peaks.f32 = rate(multiply_f32_avx512);
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    peaks.f32 = rate(multiply_f32_avx2);
  }
  if (__builtin_cpu_supports("avx512bf16")) peaks.bf16 = rate(multiply_bf16);
  if (__builtin_cpu_supports("avx512vnni")) peaks.int8 = rate(multiply_int8);
}

#else

void measure_arithmetic(int /*threads*/, Peaks& /*peaks*/) {}

#endif

Work reading_memory() {
  constexpr std::size_t kBytes = std::size_t{128} << 20;
  return [values = std::vector<std::int64_t>(kBytes / sizeof(std::int64_t), 1)] {
    integer_sink = std::accumulate(values.begin(), values.end(), std::int64_t{0});
    return static_cast<double>(kBytes);
  };
}

Work copying_in_cache() {
  constexpr std::size_t kBytes = std::size_t{192} << 10;
  return [from = std::vector<char>(kBytes, 1), to = std::vector<char>(kBytes)]() mutable {
    constexpr int kCopies = 50;
    for (int i = 0; i < kCopies; ++i) {
      std::memcpy(to.data(), from.data(), kBytes);
      integer_sink = to[static_cast<std::size_t>(i)];
    }
    return 2.0 * kCopies * kBytes;
  };
}

}  // namespace

double Peaks::of(Precision precision) const {
  switch (precision) {
    case Precision::bf16:
      return bf16;
    case Precision::int8:
      return int8;
    default:
      return f32;
  }
}

Peaks measure_peaks(int threads) {
  Peaks peaks;
  measure_arithmetic(threads, peaks);
  peaks.memory_bandwidth = best_rate(threads, reading_memory);
  peaks.cache_bandwidth = best_rate(threads, copying_in_cache);
  return peaks;
}

}  // namespace transkimmer
