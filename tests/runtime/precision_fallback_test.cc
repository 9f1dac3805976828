// What a machine of fewer instructions does. oneDNN looks at its limit (ONEDNN_MAX_CPU_ISA) once in a
// process, so each limit is tried in a process of its own.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include "compute/products/packed_linear.h"
#include "model_files/weights/model_weights.h"
#include "runtime/engine.h"
#include "runtime/reference_model.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

struct Limit {
  std::string name;  ///< a value of ONEDNN_MAX_CPU_ISA
  std::int64_t highway_target;
  Precision bf16, int8, automatic;  ///< what becomes of them
};

/// The largest difference between the engine's logits and the definition's, at `wanted` precision.
double error_of(const std::string& directory, Precision wanted, const std::vector<std::int32_t>& ids,
                Precision expected, bool& as_reported) {
  EngineOptions options;
  options.precision = wanted;
  options.skimming = false;
  std::vector<std::string> notices;
  const Engine engine =
      Engine::load(directory, options, [&](const std::string& notice) { notices.push_back(notice); });
  const bool tells = wanted != Precision::automatic && wanted != expected;
  as_reported = as_reported && engine.precision() == expected && notices.size() == (tells ? 1U : 0U);
  RaggedBatch batch;
  batch.add(ids);
  const BatchResult result = engine.run(batch);
  ModelConfig config = engine.config();
  config.skim.enabled = false;
  const ModelWeights weights = ModelWeights::load(directory, config, {false, true});
  const std::vector<std::int32_t> types(ids.size(), 0);
  const auto reference = test::ReferenceModel(config, weights).run(ids, types, 0);
  double error = 0;
  for (std::size_t k = 0; k < result.logits.size(); ++k)
    error = std::max(error, std::abs(result.logits[k] - reference.logits[0][k]));
  return error;
}

/// Runs in the process of its own. Exit status 0: all as it should be.
void run_limited(const Limit& limit) {
  ::setenv("ONEDNN_MAX_CPU_ISA", limit.name.c_str(), 1);
  hwy::SetSupportedTargetsForTest(limit.highway_target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  const test::TemporaryDirectory directory;
  test::write_tiny_model(directory.path());
  const std::vector<std::int32_t> ids = {5, 9, 17, 6, 31, 8, 22};
  bool good = true;
  const auto check = [&](Precision wanted, Precision expected) {
    const double error = error_of(directory.path(), wanted, ids, expected, good);
    const double tolerance = expected == Precision::f32 ? 1e-4 : 0.1;
    if (!(error < tolerance)) good = false;
    std::fprintf(stderr, "%s as %s: off by %g\n", std::string(name_of(wanted)).c_str(),
                 std::string(name_of(expected)).c_str(), error);
  };
  check(Precision::f32, Precision::f32);
  check(Precision::bf16, limit.bf16);
  check(Precision::int8, limit.int8);
  check(Precision::automatic, limit.automatic);
  std::exit(good ? 0 : 1);
}

class PrecisionFallback : public testing::TestWithParam<Limit> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if ((hwy::SupportedTargets() & GetParam().highway_target) == 0) GTEST_SKIP() << "not on this machine";
  }
};

TEST_P(PrecisionFallback, RunsWhatTheMachineHasAndSaysSo) {
  EXPECT_EXIT(run_limited(GetParam()), testing::ExitedWithCode(0), "");
}

constexpr Precision kF32 = Precision::f32, kInt8 = Precision::int8;

INSTANTIATE_TEST_SUITE_P(InstructionSets, PrecisionFallback,
                         testing::Values(Limit{"SSE41", HWY_SSE4, kF32, kF32, kF32},
                                         Limit{"AVX2", HWY_AVX2, kF32, kF32, kF32},
                                         Limit{"AVX512_CORE", HWY_AVX3, kF32, kF32, kF32},
                                         Limit{"AVX512_CORE_VNNI", HWY_AVX3, kF32, kInt8, kF32}),
                         [](const auto& limit) { return limit.param.name; });

}  // namespace
}  // namespace transkimmer
