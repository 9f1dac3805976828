#include "transkimmer/quantization.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace transkimmer {
namespace {

constexpr int kOffset = 128;  // of signed bytes from unsigned ones

void require_length(std::size_t length, std::size_t expected) {
  if (length != expected)
    throw UsageError(
        fmt::format("the vector has {} values, but its ranges are those of {}", length, expected));
}

std::vector<std::int8_t> less_offset(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::int8_t> result;
  result.reserve(bytes.size());
  for (const std::uint8_t byte : bytes) result.push_back(static_cast<std::int8_t>(byte - kOffset));
  return result;
}

}  // namespace

void ValueRanges::add(std::span<const float> values) {
  if (vectors_++ == 0) {
    lowest_.assign(values.begin(), values.end());
    highest_ = lowest_;
    return;
  }
  require_length(values.size(), lowest_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    lowest_[i] = std::min(lowest_[i], values[i]);
    highest_[i] = std::max(highest_[i], values[i]);
  }
}

std::vector<std::uint8_t> to_uint8(std::span<const float> values, const ValueRanges& ranges) {
  constexpr float kHighest = 255.0F;
  require_length(values.size(), ranges.lowest().size());
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float range = (ranges.highest()[i] - ranges.lowest()[i]) / kHighest;
    const float step = range == 0 ? 1.0F : range;
    const float steps = std::floor((values[i] - ranges.lowest()[i]) / step);
    bytes.push_back(static_cast<std::uint8_t>(std::clamp(steps, 0.0F, kHighest)));
  }
  return bytes;
}

std::vector<std::int8_t> to_int8(std::span<const float> values, const ValueRanges& ranges) {
  return less_offset(to_uint8(values, ranges));
}

std::vector<std::uint8_t> to_ubinary(std::span<const float> values) {
  constexpr std::size_t kBits = 8;
  std::vector<std::uint8_t> bytes((values.size() + kBits - 1) / kBits);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] > 0) bytes[i / kBits] |= static_cast<std::uint8_t>(0x80U >> (i % kBits));
  return bytes;
}

std::vector<std::int8_t> to_binary(std::span<const float> values) {
  return less_offset(to_ubinary(values));
}

}  // namespace transkimmer
