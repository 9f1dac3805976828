#include "training/network/activate.h"

namespace transkimmer {

Tensor activate(Activation activation, const Tensor& x) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::gelu:
      return at::gelu(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::silu:
      return at::silu(x);
  }
  return x;
}

}  // namespace transkimmer
