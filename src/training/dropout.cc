#include "training/dropout.h"

namespace transkimmer {

Tensor dropout(const Tensor& input, double probability, const DropoutContext& context) {
  if (!context.active || probability <= 0) return input;
  return at::dropout(input, probability, /*train=*/true);
}

}  // namespace transkimmer
