#include "compute/products/weight_memory.h"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace transkimmer {
namespace {

/// The size of a huge page of x86-64 and of AArch64 with pages of 4 KiB.
constexpr std::size_t kHugePage = std::size_t{2} << 20U;

/// Blocks of several huge pages, so that little is lost at their ends. Pages are taken when first written.
constexpr std::size_t kBlock = 16 * kHugePage;

constexpr std::size_t kCacheLine = 64;

std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

void WeightMemory::Free::operator()(std::byte* block) const {
  ::operator delete (block, std::align_val_t{kHugePage});
}

std::byte* WeightMemory::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t needed = round_up(std::max<std::size_t>(bytes, 1), kCacheLine);
  if (needed > left_) {
    const std::size_t size = std::max(kBlock, round_up(needed, kHugePage));
    blocks_.reserve(blocks_.size() + 1);
    blocks_.emplace_back(static_cast<std::byte*>(::operator new (size, std::align_val_t{kHugePage})));
    next_ = blocks_.back().get();
    left_ = size;
#ifdef MADV_HUGEPAGE
    ::madvise(next_, size, MADV_HUGEPAGE);  // a wish: where it is not granted, small pages do as well
#endif
  }
  std::byte* const result = next_;
  next_ += needed;
  left_ -= needed;
  return result;
}

}  // namespace transkimmer
