#include "training/skimming/skim_masks.h"

#include <utility>

namespace transkimmer {
namespace {

Tensor times(const Tensor& decisions, const Tensor& mask) {
  return mask.defined() ? decisions * mask : decisions;
}

}  // namespace

SkimMasks::SkimMasks(const ModelSpec& spec, Tensor real)
    : protection_(spec.skim.protection), texts_exit_(spec.texts_exit()), real_(std::move(real)) {}

void SkimMasks::decide(const Tensor& decisions) {
  if (texts_exit_) {
    const Tensor first = decisions.slice(1, 0, 1);
    keys_ = times(at::cat({at::ones_like(first), decisions.slice(1, 1)}, 1), keys_);
    unfinished_ = times(first, unfinished_);
    kept_ = keys_ * unfinished_;
    return;
  }
  kept_ = times(decisions, kept_);
  keys_ = kept_;
  if (protection_ != SkimProtection::none) return;
  const Tensor any = at::sum(kept_.detach() * real_, {1}, /*keepdim=*/true).gt(0);
  keys_ = at::where(any, kept_, at::ones_like(kept_));
}

}  // namespace transkimmer
