// What a forward pass allocates once it has seen a batch of the size.

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include <gtest/gtest.h>
#include <malloc.h>

#include "runtime/engine.h"
#include "runtime/packed_linear.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace {

/// Every activation of the batch below is larger; the results and what oneDNN notes for a call are smaller.
constexpr std::size_t kLarge = 2048;

std::atomic<bool> counting{false};
std::atomic<int> large_allocations{0};

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (counting && bytes >= kLarge) ++large_allocations;
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

namespace transkimmer {
namespace {

class SteadyState : public testing::TestWithParam<Precision> {};

TEST_P(SteadyState, APassAllocatesNoActivations) {
  const test::TemporaryDirectory directory;
  test::TinyModel model;
  model.hidden_size = 64;
  model.intermediate_size = 256;
  const ModelConfig config = test::write_tiny_model(directory.path(), model);
  EngineOptions options;
  options.threads = 2;
  options.precision = GetParam();
  const Engine engine = Engine::load(directory.path(), options);
  std::mt19937 random(1);
  RaggedBatch batch;
  for (const std::size_t length : {64, 3, 40, 64, 17, 64, 64}) {
    std::vector<std::int32_t> ids(length);
    for (auto& id : ids)
      id = static_cast<std::int32_t>(5 + random() % static_cast<unsigned>(config.vocab_size - 5));
    batch.add(ids);
  }
  const auto in_use = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  // Which thread takes which piece varies, and each has scratch memory of its own: some passes come first.
  int clean_passes = 0;
  for (int pass = 0; pass < 50 && clean_passes < 3; ++pass) {
    const std::size_t before = in_use();
    large_allocations = 0;
    counting = true;
    engine.run(batch);
    counting = false;
    clean_passes = large_allocations == 0 && in_use() < before + kLarge ? clean_passes + 1 : 0;
  }
  EXPECT_EQ(clean_passes, 3);
}

INSTANTIATE_TEST_SUITE_P(Precisions, SteadyState,
                         testing::Values(Precision::f32, Precision::bf16, Precision::int8),
                         [](const auto& precision) { return std::string(name_of(precision.param)); });

}  // namespace
}  // namespace transkimmer
