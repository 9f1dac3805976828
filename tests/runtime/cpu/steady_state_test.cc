// What a forward pass allocates once it has seen a batch of the size.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "compute/products/packed_linear.h"
#include "runtime/engine.h"
#include "support/allocations.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

/// Every activation of the batch below is larger; the results and what oneDNN notes for a call are smaller.
constexpr std::size_t kLarge = 2048;

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
    const int large = test::allocations_during(kLarge, [&] { engine.run(batch); });
    clean_passes = large == 0 && in_use() < before + kLarge ? clean_passes + 1 : 0;
  }
  EXPECT_EQ(clean_passes, 3);
}

INSTANTIATE_TEST_SUITE_P(Precisions, SteadyState,
                         testing::Values(Precision::f32, Precision::bf16, Precision::int8),
                         [](const auto& precision) { return std::string(name_of(precision.param)); });

}  // namespace
}  // namespace transkimmer
