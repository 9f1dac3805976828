#include "support/allocations.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr int kUnlimited = std::numeric_limits<int>::max();

std::atomic<std::size_t> counted_from{SIZE_MAX};
std::atomic<int> counted{0};
thread_local int allocations_left = kUnlimited;

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes >= counted_from) ++counted;
  if (allocations_left != kUnlimited && allocations_left-- == 0) {
    allocations_left = kUnlimited;  // what handles the failure has memory again
    throw std::bad_alloc();
  }
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(bytes)
                           : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace transkimmer::test {

int allocations_during(std::size_t least_bytes, const std::function<void()>& act) {
  counted = 0;
  counted_from = least_bytes;
  act();
  counted_from = SIZE_MAX;
  return counted;
}

void with_allocations(int allowed, const std::function<void()>& act) {
  struct Limit {
    explicit Limit(int count) { allocations_left = count; }
    ~Limit() { allocations_left = kUnlimited; }
  };
  const Limit limit(allowed);
  act();
}

}  // namespace transkimmer::test
