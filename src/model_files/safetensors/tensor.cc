#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model_files/safetensors/safetensors.h"
#include "transkimmer/error.h"

static_assert(std::endian::native == std::endian::little, "tensors are copied from files byte for byte");

namespace transkimmer {
namespace {

float float_of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Exact: every half-precision number is a single-precision one.
float float_of_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1F)  // infinities and NaN
    return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  // Zero and subnormals: fraction * 2^-24, and the product of the two is exact.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

/// The upper half of the float, rounded by what is cut off. NaN stays one: rounding could carry it over.
std::uint16_t bf16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

std::uint16_t f16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (std::isinf(value)) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude >= 65520.0F)  // what rounds to 2^16 and above
    throw FormatError(fmt::format("{} is too large for F16 (at most 65504)", value));
  // Below 2^-14 numbers are multiples of 2^-24; the sum with 0.5, whose last bit is 2^-24, rounds to them.
  if (magnitude < 0x1p-14F)
    return static_cast<std::uint16_t>(
        sign | (std::bit_cast<std::uint32_t>(magnitude + 0.5F) - std::bit_cast<std::uint32_t>(0.5F)));
  const std::uint32_t rebiased = std::bit_cast<std::uint32_t>(magnitude) - (112U << 23);
  return static_cast<std::uint16_t>(sign | (rebiased + 0xFFFU + (rebiased >> 13 & 1U)) >> 13);
}

template <typename Convert>
void narrow(std::span<const float> values, std::vector<std::byte>& out, Convert convert) {
  for (const float value : values) {
    const std::uint16_t bits = convert(value);
    const auto* const bytes = reinterpret_cast<const std::byte*>(&bits);
    out.insert(out.end(), bytes, bytes + sizeof bits);
  }
}

/// Applies `convert` to each element; memcpy because the file promises no alignment.
template <typename Stored, typename Out, typename Convert>
void convert_each(const TensorView& tensor, std::span<Out> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, tensor.data.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = convert(stored);
  }
}

template <typename Stored>
void widen(const TensorView& tensor, std::span<std::int64_t> out) {
  convert_each<Stored>(tensor, out, [](Stored stored) { return static_cast<std::int64_t>(stored); });
}

}  // namespace

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
  }
  return 0;
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "F64";
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::i64:
      return "I64";
    case DType::i32:
      return "I32";
    case DType::i16:
      return "I16";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::boolean:
      return "BOOL";
  }
  return "";
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

std::int64_t TensorView::elements() const {
  return static_cast<std::int64_t>(data.size() / size_of(dtype));
}

void copy_floats(const TensorView& tensor, std::span<float> out) {
  if (std::cmp_not_equal(tensor.elements(), out.size()))
    throw Error(
        fmt::format("{} floats were given for a tensor of shape {}", out.size(), shape_text(tensor.shape)));
  switch (tensor.dtype) {
    case DType::f32:
      if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
      return;
    case DType::f64:
      return convert_each<double>(tensor, out, [](double stored) { return static_cast<float>(stored); });
    case DType::f16:
      return convert_each<std::uint16_t>(tensor, out, float_of_f16);
    case DType::bf16:
      return convert_each<std::uint16_t>(tensor, out, float_of_bf16);
    default:
      throw Error(fmt::format("a tensor of type {} holds no floating-point numbers", name_of(tensor.dtype)));
  }
}

std::vector<float> to_floats(const TensorView& tensor) {
  std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
  copy_floats(tensor, out);
  return out;
}

std::vector<std::byte> from_floats(std::span<const float> values, DType dtype) {
  std::vector<std::byte> out;
  out.reserve(values.size() * size_of(dtype));
  switch (dtype) {
    case DType::f32: {
      const auto bytes = std::as_bytes(values);
      out.assign(bytes.begin(), bytes.end());
      return out;
    }
    case DType::f16:
      narrow(values, out, f16_of_float);
      return out;
    case DType::bf16:
      narrow(values, out, bf16_of_float);
      return out;
    default:
      throw Error(fmt::format("weights are not written as {}", name_of(dtype)));
  }
}

std::vector<std::int64_t> to_integers(const TensorView& tensor) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(tensor.elements()));
  switch (tensor.dtype) {
    case DType::i64:
      widen<std::int64_t>(tensor, out);
      break;
    case DType::i32:
      widen<std::int32_t>(tensor, out);
      break;
    case DType::i16:
      widen<std::int16_t>(tensor, out);
      break;
    case DType::i8:
      widen<std::int8_t>(tensor, out);
      break;
    case DType::u8:
    case DType::boolean:
      widen<std::uint8_t>(tensor, out);
      break;
    default:
      throw Error(fmt::format("a tensor of type {} holds no integers", name_of(tensor.dtype)));
  }
  return out;
}

}  // namespace transkimmer
