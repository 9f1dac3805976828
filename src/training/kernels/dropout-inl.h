// The elements that dropout spares, for inclusion by kernels compiled once per instruction set.

#if defined(TRANSKIMMER_TRAINING_DROPOUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRANSKIMMER_TRAINING_DROPOUT_INL_H_
#undef TRANSKIMMER_TRAINING_DROPOUT_INL_H_
#else
#define TRANSKIMMER_TRAINING_DROPOUT_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "training/kernels/cpu_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// 1 / (1 - p) for elements that dropout spares, else 0.
class DropoutScale {
 public:
  explicit DropoutScale(const DropoutRule& rule)
      : low_(static_cast<std::uint32_t>(rule.seed)),
        high_(static_cast<std::uint32_t>(rule.seed >> 32)),
        threshold_(static_cast<std::int32_t>(rule.probability * 2147483648.0)),
        scale_(1.0F / (1.0F - rule.probability)) {}

  template <class Tag>
  HWY_INLINE hn::Vec<Tag> operator()(Tag tag, std::size_t index) const {
    const hn::RebindToUnsigned<Tag> unsigned_tag;
    const hn::RebindToSigned<Tag> signed_tag;
    auto x = hn::Iota(unsigned_tag, static_cast<std::uint32_t>(index));
    // Two rounds of multiply and shift, after Wellons' search for 32-bit mixers with low bias.
    x = hn::Xor(hn::Mul(x, hn::Set(unsigned_tag, 0x9e3779b1U)), hn::Set(unsigned_tag, low_));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<16>(x)), hn::Set(unsigned_tag, 0x7feb352dU));
    x = hn::Xor(x, hn::Set(unsigned_tag, high_));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<15>(x)), hn::Set(unsigned_tag, 0x846ca68bU));
    x = hn::ShiftRight<1>(hn::Xor(x, hn::ShiftRight<16>(x)));
    const auto spared = hn::Gt(hn::BitCast(signed_tag, x), hn::Set(signed_tag, threshold_));
    return hn::IfThenElseZero(hn::RebindMask(tag, spared), hn::Set(tag, scale_));
  }

 private:
  std::uint32_t low_, high_;
  std::int32_t threshold_;
  float scale_;
};

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#endif
