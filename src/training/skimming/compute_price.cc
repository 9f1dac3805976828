#include "training/skimming/compute_price.h"

#include <algorithm>

namespace transkimmer {

double ComputePrice::goal(std::int64_t step, std::int64_t total) const {
  const double steps = std::max(1.0, target_.ramp * static_cast<double>(total));
  const double progress = std::min(1.0, static_cast<double>(step + 1) / steps);
  return 1.0 - (1.0 - target_.share) * progress;
}

double ComputePrice::price(double share, double goal) const {
  return linear_ + target_.error_gain * (share - goal);
}

void ComputePrice::observe(double share, double goal) {
  linear_ += target_.memory_gain * (share - goal);
}

}  // namespace transkimmer
