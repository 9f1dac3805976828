// Models that protect no token: a text of which the head reads nothing any more is done, whatever else is in
// the batch.

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "compute/products/packed_linear.h"
#include "compute/usable_precision.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/encoder.h"
#include "runtime/engine.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;
using test::TinyModel;
using test::write_tiny_model;

constexpr std::size_t kSequences = 32;

std::vector<std::int32_t> random_ids(const ModelConfig& config, std::size_t length, std::mt19937_64& random) {
  std::vector<std::int32_t> ids(length);
  for (auto& id : ids)
    id = static_cast<std::int32_t>(5 + random() % static_cast<std::uint64_t>(config.vocab_size - 5));
  return ids;
}

RaggedBatch random_batch(const ModelConfig& config) {
  std::mt19937_64 random(23);
  RaggedBatch batch;
  for (std::size_t i = 0; i < kSequences; ++i) {
    const auto longest = static_cast<std::uint64_t>(config.max_tokens());
    batch.add(random_ids(config, i == 0 ? longest : i == 1 ? 1 : 1 + random() % longest, random));
  }
  return batch;
}

RaggedBatch only(const RaggedBatch& batch, std::size_t i) {
  RaggedBatch one;
  one.add(std::span(batch.ids).subspan(batch.starts[i], batch.starts[i + 1] - batch.starts[i]));
  return one;
}

EngineOptions options_of(double threshold, Precision precision = Precision::f32) {
  EngineOptions options;
  options.threads = 2;
  options.precision = precision;
  options.skim_threshold = threshold;
  return options;
}

using Variant = std::tuple<std::string, HeadKind, Precision>;

class EarlyExit : public testing::TestWithParam<Variant> {
 protected:
  EarlyExit() {
    TinyModel model;
    std::tie(model.architecture, model.head, std::ignore) = GetParam();
    model.protection = SkimProtection::none;
    model.predictor_size = 32;
    config = write_tiny_model(directory.path(), model);
    batch = random_batch(config);
  }
  void SetUp() override {
    const Precision precision = std::get<Precision>(GetParam());
    if (usable_precision(precision) != precision) GTEST_SKIP() << "no instructions for it";
  }

  Engine load(double threshold) const {
    return Engine::load(directory.path(), options_of(threshold, std::get<Precision>(GetParam())));
  }
  bool reads_every_token() const { return config.head == HeadKind::question_answering; }
  std::size_t layers() const { return static_cast<std::size_t>(config.num_hidden_layers); }

  TemporaryDirectory directory;
  ModelConfig config;
  RaggedBatch batch;
};

TEST_P(EarlyExit, ABatchEqualsItsSequencesRunAlone) {
  for (const double threshold : {-0.3, 0.0, 0.3}) {
    const Engine engine = load(threshold);
    const BatchResult together = engine.run(batch);
    const std::size_t width = together.logits.size() / (reads_every_token() ? batch.tokens() : kSequences);
    for (std::size_t i = 0; i < kSequences; ++i) {
      const BatchResult alone = engine.run(only(batch, i));
      const std::size_t first = (reads_every_token() ? batch.starts[i] : i) * width;
      for (std::size_t k = 0; k < alone.logits.size(); ++k)
        ASSERT_NEAR(alone.logits[k], together.logits[first + k], 1e-4) << "sequence " << i;
      for (std::size_t t = 0; t < alone.skimmed_at.size(); ++t)
        ASSERT_EQ(alone.skimmed_at[t], together.skimmed_at[batch.starts[i] + t]) << "sequence " << i;
      for (std::size_t layer = 0; layer < layers(); ++layer)
        ASSERT_EQ(alone.kept[layer], together.kept[layer * kSequences + i]) << "sequence " << i;
    }
  }
}

TEST_P(EarlyExit, TakesTheRestAlongWhereNothingElseIsRead) {
  const BatchResult result = load(0).run(batch);
  std::vector<std::size_t> texts_by_end(layers() + 1);
  std::size_t outlived = 0;  // by other tokens of its text
  for (std::size_t i = 0; i < kSequences; ++i) {
    const std::size_t first = batch.starts[i], end = result.skimmed_at[first];
    ++texts_by_end[end];
    for (std::size_t t = first; t < batch.starts[i + 1]; ++t) outlived += result.skimmed_at[t] > end;
    for (std::size_t layer = 0; layer < layers(); ++layer) {
      std::uint32_t kept = 0;
      for (std::size_t t = first; t < batch.starts[i + 1]; ++t) kept += result.skimmed_at[t] > layer;
      EXPECT_EQ(result.kept[layer * kSequences + i], kept);
    }
  }
  EXPECT_EQ(outlived > 0, reads_every_token());
  EXPECT_GT(texts_by_end[layers()], 0U) << "of some texts the first token stays";
  EXPECT_LT(texts_by_end[layers()], kSequences) << "a test of exits needs some";
}

TEST_P(EarlyExit, ABatchOfWhichNothingIsLeftStillAnswers) {
  const Engine all_at_once = load(1e9);
  const Engine later = load(0);
  const KeepDecision first_layer_alone = [](std::size_t layer, std::size_t, float) { return layer == 0; };
  for (const BatchResult& result : {all_at_once.run(batch), later.run(batch, {.keep = first_layer_alone})}) {
    const std::size_t end = result.skimmed_at.front();
    for (const std::uint16_t layer : result.skimmed_at) EXPECT_EQ(layer, end);
    for (std::size_t i = 0; i < result.kept.size(); ++i)
      EXPECT_EQ(result.kept[i] == 0, i / kSequences >= end);
    EXPECT_EQ(result.logits.size() % (reads_every_token() ? batch.tokens() : kSequences), 0U);
    EXPECT_FALSE(result.logits.empty());
  }
}

TEST_P(EarlyExit, IsNotForTokensThatABatchProtects) {
  batch.never_skimmed.assign(kSequences, 1);
  const BatchResult result = load(1e9).run(batch);
  for (const std::uint32_t kept : result.kept) EXPECT_EQ(kept, 1U);
}

std::string name_of_variant(const testing::TestParamInfo<Variant>& variant) {
  const auto& [architecture, head, precision] = variant.param;
  return test::in_test_name(architecture) + "_head" + std::to_string(static_cast<int>(head)) + "_" +
         std::string(name_of(precision));
}

INSTANTIATE_TEST_SUITE_P(Models, EarlyExit,
                         testing::Combine(testing::ValuesIn(test::every_architecture()),
                                          testing::Values(HeadKind::classification,
                                                          HeadKind::question_answering),
                                          testing::Values(Precision::f32, Precision::bf16, Precision::int8)),
                         name_of_variant);

/// Sequence 1 of three leaves whole before `layer`, and nothing else does.
class OneTextExits : public testing::Test {
 protected:
  OneTextExits() : config(write_tiny_model(directory.path(), {.protection = SkimProtection::none})) {
    std::mt19937_64 random(5);
    for (const std::size_t length : {20, 30, 9}) batch.add(random_ids(config, length, random));
  }
  KeepDecision before(std::size_t layer) {
    return [this, layer](std::size_t now, std::size_t token, float) {
      if (now >= layer && token > batch.starts[1] && token < batch.starts[2]) ++asked_in_vain;
      return now < layer || token != batch.starts[1];
    };
  }

  TemporaryDirectory directory;
  ModelConfig config;
  RaggedBatch batch;
  std::size_t asked_in_vain = 0;
};

TEST_F(OneTextExits, WithTheStateThatTheLayersBeforeGaveItsFirstToken) {
  MatrixKernelCache kernels;
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {true, true});
  const ModelSpec spec = config.spec();
  const EncoderWeights whole = EncoderWeights::pack(spec, weights, true, 2, kernels);
  const RaggedBatch alone = only(batch, 1);
  const ThreadPool pool(2);
  Workspace workspace, other;
  for (std::size_t layers = 1; layers < whole.layers.size(); ++layers) {
    EncoderWeights cut = EncoderWeights::pack(spec, weights, false, 2, kernels);
    while (cut.layers.size() > layers) cut.layers.pop_back();
    const PassOptions dense, exits{.keep = before(layers)};
    const EncoderResult expected = encode(spec, cut, alone, {dense}, pool, other);
    const EncoderResult found = encode(spec, whole, batch, {exits}, pool, workspace);
    const auto size = static_cast<std::size_t>(config.hidden_size);
    for (std::size_t k = 0; k < size; ++k)
      EXPECT_NEAR(found.states[size + k], expected.states[k], 1e-5) << layers << " layers";
  }
  EXPECT_EQ(asked_in_vain, 0U) << "tokens of a text that is done are not asked about";
}

TEST_F(OneTextExits, AndCostsNothingMore) {
  const Engine engine = Engine::load(directory.path(), options_of(0));
  RaggedBatch others = only(batch, 0);
  others.add(std::span(batch.ids).subspan(batch.starts[2]));
  const KeepDecision all = [](std::size_t, std::size_t, float) { return true; };
  const Profile found = engine.profile(batch, {.keep = before(0)}),
                expected = engine.profile(others, {.keep = all});
  for (const Operation operation :
       {Operation::query_key_value, Operation::attention, Operation::attention_output,
        Operation::feed_forward_in, Operation::feed_forward_out})
    EXPECT_EQ(found.operations.of(operation).macs, expected.operations.of(operation).macs)
        << name_of(operation);
  const std::uint64_t one_predictor = 30 * 32 * 16;
  EXPECT_EQ(found.operations.of(Operation::predictors).macs,
            expected.operations.of(Operation::predictors).macs + one_predictor);
}

}  // namespace
}  // namespace transkimmer
