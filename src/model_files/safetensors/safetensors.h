#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/file.h"

namespace transkimmer {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// A shape as messages show it: "[3, 32]".
std::string shape_text(std::span<const std::int64_t> shape);

/// Bytes per element.
std::size_t size_of(DType dtype);
/// The name in a safetensors header: "F32", "BF16", ...
std::string_view name_of(DType dtype);

/// A tensor inside a mapped file; row-major, little-endian, not necessarily aligned.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;

  std::int64_t elements() const;
};

/// All elements converted to float (from F64, F32, F16, BF16). Throws Error for integer types.
std::vector<float> to_floats(const TensorView& tensor);
/// All elements converted to 64-bit integers (from any integer type). Throws Error for floating types.
std::vector<std::int64_t> to_integers(const TensorView& tensor);
/// Converts into memory the caller owns: `out` has tensor.elements() floats.
void copy_floats(const TensorView& tensor, std::span<float> out);

/// The bytes of the numbers in `dtype` (F32, F16, BF16), each rounded to the nearest, ties to even. Throws
/// Error for another type, and FormatError naming the first number that is finite but too large for F16.
std::vector<std::byte> from_floats(std::span<const float> values, DType dtype);

/// A memory-mapped `.safetensors` file. Views stay valid as long as this object lives.
class SafetensorsFile {
 public:
  /// Checks everything before any tensor is touched: header length, JSON, duplicate names, types, shapes
  /// whose product overflows or disagrees with the byte range, ranges out of the file, overlapping or with
  /// holes. Throws IoError, or FormatError naming file and tensor.
  static SafetensorsFile open(const std::filesystem::path& path);

  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// Throws FormatError naming the file and the tensor when it is absent.
  const TensorView& at(std::string_view name) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  SafetensorsFile(std::filesystem::path path, MappedFile file);

  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// A tensor to write; `data` holds elements in `dtype`, row-major.
struct TensorToWrite {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
};

/// Writes beside and renames. Tensors are laid out in the order given, the first at a multiple of 8 bytes and
/// each right behind the one before (readers refuse holes); metadata gets {"format":"pt"} unless it says
/// otherwise (transformers refuses files without it). Throws Error naming a tensor whose data does not fill
/// its shape or whose name is taken; IoError naming the path.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace transkimmer
