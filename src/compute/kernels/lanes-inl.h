// Loops over float arrays of any length, for inclusion by kernels compiled once per instruction set: whole
// vectors first, then single lanes, so that no kernel touches memory past the end.

#if defined(TRANSKIMMER_COMPUTE_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRANSKIMMER_COMPUTE_LANES_INL_H_
#undef TRANSKIMMER_COMPUTE_LANES_INL_H_
#else
#define TRANSKIMMER_COMPUTE_LANES_INL_H_
#endif

#include <cmath>
#include <cstddef>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

/// body(tag, i) for i = 0, lanes, 2 lanes, ...; the tag says how many floats at i it may touch.
template <class Body>
HWY_INLINE void ForLanes(std::size_t count, const Body& body) {
  const hwy::HWY_NAMESPACE::ScalableTag<float> vector;
  const hwy::HWY_NAMESPACE::CappedTag<float, 1> single;
  const std::size_t lanes = hwy::HWY_NAMESPACE::Lanes(vector);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) body(vector, i);
  for (; i < count; ++i) body(single, i);
}

/// The sum of term(tag, i) over all lanes.
template <class Term>
HWY_INLINE float SumOver(std::size_t count, const Term& term) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(vector);
  auto sums = hn::Zero(vector);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) sums = hn::Add(sums, term(vector, i));
  float total = hn::GetLane(hn::SumOfLanes(vector, sums));
  for (; i < count; ++i) total += hn::GetLane(term(single, i));
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#endif
