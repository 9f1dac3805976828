#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model_files/safetensors.h"
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
