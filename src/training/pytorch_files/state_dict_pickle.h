#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model_files/safetensors/safetensors.h"

namespace transkimmer {

/// A flat array of an archive, which tensors are views of.
struct StorageReference {
  std::string key;  ///< its bytes are the archive's record "data/KEY"
  DType dtype = DType::f32;
  std::int64_t elements = 0;
};

/// A tensor as a state dict describes it. Checked: shape and strides are of one length and not negative, and
/// every element lies inside the storage. Strides of 0 (expand()) repeat elements, up to a bound.
struct PickledTensor {
  std::string name;
  StorageReference storage;
  std::int64_t offset = 0;  ///< of the first element, in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< in elements
};

/// The entries of `data.pkl` of an archive that torch.save(model.state_dict()) wrote (pickle protocol 2), in
/// their order. A pickle is a program; of its language this understands only what a state dict needs, and it
/// calls nothing. (libtorch's own reader does not know the instruction by which a state dict gets its
/// `_metadata`.) Throws FormatError, whose message begins with `origin`, for anything else.
std::vector<PickledTensor> read_state_dict(std::string_view pickle, const std::string& origin);

}  // namespace transkimmer
