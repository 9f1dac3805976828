#include "base/machine/hardware.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <sched.h>

namespace transkimmer {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The value of the first line of /proc/cpuinfo with this key.
std::string cpuinfo_value(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || trimmed(std::string_view(line).substr(0, colon)) != key) continue;
    return std::string(trimmed(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

int processors_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  // More processors than cpu_set_t holds: count all of them.
  const unsigned all = std::thread::hardware_concurrency();
  return all == 0 ? 1 : static_cast<int>(all);
}

}  // namespace

int available_processors(const ControlGroups& groups) {
  const int processors = processors_of_affinity();
  return std::min(processors, cpu_quota(groups).value_or(processors));
}

std::string simd_description() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) {
    std::string simd = "AVX-512";
    if (__builtin_cpu_supports("avx512vnni")) simd += " VNNI";
    if (__builtin_cpu_supports("avx512bf16")) simd += " BF16";
    return simd;
  }
  if (__builtin_cpu_supports("avx2")) return "AVX2";
  if (__builtin_cpu_supports("avx")) return "AVX";
  return "SSE2";
#elif defined(__aarch64__)
  return "NEON";
#else
  return "unknown SIMD";
#endif
}

std::string hardware_description() {
  std::string model = cpuinfo_value("model name");
  if (model.empty()) model = "unknown processor";
  const int processors = available_processors();
  return fmt::format("{}, {} processor{}, {}", model, processors, processors == 1 ? "" : "s",
                     simd_description());
}

}  // namespace transkimmer
