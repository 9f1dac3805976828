#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model_files/safetensors/safetensors.h"

namespace transkimmer {

/// One entry of a safetensors header: the tensor's bytes are [begin, end) of the data section.
struct TensorEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What the beginning of a safetensors file says of its tensors.
struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  ///< in the order of the header
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a header. Nothing is built for what does not belong there, so the memory a hostile
/// header costs stays proportional to its length. Throws FormatError starting with `origin:`. Ranges are not
/// compared with any file yet.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& origin);

}  // namespace transkimmer
