#pragma once

// The part of libtorch that this folder uses, in one place: it is precompiled (see CMakeLists.txt), since
// every translation unit would otherwise spend most of its compile time here.
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

namespace transkimmer {

using torch::Tensor;

/// libtorch 2.4 renamed the switches of autocasting and moved others; code that must know compares with this.
#define TRANSKIMMER_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

}  // namespace transkimmer
