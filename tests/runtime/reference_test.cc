// The engine against the definition of the model: plain loops in double precision, at shapes that are no
// multiple of anything.

#include <algorithm>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/weights/model_weights.h"
#include "runtime/cpu/encoder.h"
#include "runtime/engine.h"
#include "runtime/reference_model.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

using test::ReferenceModel;
using test::ReferenceResult;

struct Case {
  std::string name;
  test::TinyModel model;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

constexpr double kTolerance = 1e-4;
/// Decisions nearer to the threshold than rounding to single precision moves them are not compared, nor what
/// follows from them.
constexpr double kTie = 1e-4;

RaggedBatch odd_lengths(const ModelConfig& config) {
  std::mt19937_64 random(3);
  RaggedBatch batch;
  for (const std::size_t length : {17, 1, 63, 2, 63, 17, 2, 1}) {
    std::vector<std::int32_t> ids, types;
    for (std::size_t t = 0; t < length; ++t) {
      ids.push_back(static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(config.vocab_size)));
      if (t % 7 == 3) ids.back() = static_cast<std::int32_t>(config.pad_token_id);  // spelled out in the text
      types.push_back(static_cast<std::int32_t>(
          random() % static_cast<std::uint64_t>(std::max<std::int64_t>(config.type_vocab_size, 1))));
    }
    batch.add(ids, types);
  }
  return batch;
}

class Reference : public testing::TestWithParam<Case> {
 protected:
  /// A small predictor decides alike for most tokens: the first seed is taken whose model skims some tokens
  /// in every layer, which the first test below makes sure of.
  Reference() {
    constexpr std::uint64_t kMostSeeds = 400;
    test::TinyModel model = GetParam().model;
    do {
      make(model);
      ++model.seed;
    } while (config.skim.enabled && !skims_everywhere() && model.seed < kMostSeeds);
  }

  void make(const test::TinyModel& tiny) {
    model_directory = directory.path() / std::to_string(tiny.seed);
    config = test::write_tiny_model(model_directory, tiny);
    weights = ModelWeights::load(model_directory, config, {});
    batch = odd_lengths(config);
    expected.clear();
    const ReferenceModel model(config, weights);
    for (std::size_t i = 0; i < batch.sequences(); ++i) {
      const std::size_t first = batch.starts[i], length = batch.starts[i + 1] - first;
      expected.push_back(model.run(std::span(batch.ids).subspan(first, length),
                                   std::span(batch.type_ids).subspan(first, length), config.skim.threshold));
    }
  }

  /// Of all sequences, tokens by the layer that skims them; the last: by none.
  std::vector<std::size_t> tokens_by_layer() const {
    std::vector<std::size_t> tokens(static_cast<std::size_t>(config.num_hidden_layers) + 1);
    for (const ReferenceResult& sequence : expected)
      for (const std::size_t layer : sequence.skimmed_at) ++tokens[layer];
    return tokens;
  }

  bool skims_everywhere() const {
    const std::vector<std::size_t> tokens = tokens_by_layer();
    const bool tied = std::ranges::any_of(
        expected, [](const ReferenceResult& sequence) { return sequence.nearest_decision < kTie; });
    return !tied && std::ranges::find(tokens, std::size_t{0}) == tokens.end();
  }

  /// The sequences without a near tie: most, or the test says nothing.
  std::vector<std::size_t> comparable() const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (expected[i].nearest_decision >= kTie) chosen.push_back(i);
    EXPECT_GE(chosen.size(), expected.size() - 2);
    return chosen;
  }

  void expect_decisions(const std::vector<std::uint16_t>& skimmed_at) const {
    for (const std::size_t i : comparable())
      for (std::size_t t = 0; t < expected[i].skimmed_at.size(); ++t)
        ASSERT_EQ(skimmed_at[batch.starts[i] + t], expected[i].skimmed_at[t])
            << "sequence " << i << ", token " << t;
  }

  test::TemporaryDirectory directory;
  std::filesystem::path model_directory;
  ModelConfig config;
  ModelWeights weights;
  RaggedBatch batch;
  std::vector<ReferenceResult> expected;  ///< [sequences]
};

TEST_P(Reference, SkimsSomeTokensInEveryLayerAndKeepsOthers) {
  const std::vector<std::size_t> tokens = tokens_by_layer();
  for (std::size_t layer = 0; layer < tokens.size(); ++layer)
    EXPECT_EQ(tokens[layer] > 0, config.skim.enabled || layer + 1 == tokens.size()) << "layer " << layer;
}

TEST_P(Reference, EveryStateAndDecisionIsAsDefined) {
  for (const int threads : {1, 3}) {
    MatrixKernelCache kernels;
    const auto packed = EncoderWeights::pack(config.spec(), weights, config.skim.enabled, threads, kernels);
    const ThreadPool pool(threads);
    Workspace workspace;
    const PassOptions pass{.skim_threshold = config.skim.threshold};
    const EncoderResult result =
        encode(config.spec(), packed, batch, {pass, OutputStates::all_tokens}, pool, workspace);
    expect_decisions(result.skimmed_at);
    const auto hidden = static_cast<std::size_t>(config.hidden_size);
    for (const std::size_t i : comparable())
      for (std::size_t t = 0; t < expected[i].states.size(); ++t)
        for (std::size_t k = 0; k < hidden; ++k)
          ASSERT_NEAR(result.states[(batch.starts[i] + t) * hidden + k], expected[i].states[t][k], kTolerance)
              << threads << " threads, sequence " << i << ", token " << t;
  }
}

TEST_P(Reference, LogitsAreAsDefined) {
  const BatchResult result = Engine::load(model_directory, {}).run(batch);
  expect_decisions(result.skimmed_at);
  const bool every_token = config.head == HeadKind::question_answering;
  for (const std::size_t i : comparable()) {
    const auto& logits = expected[i].logits;
    const std::size_t first = every_token ? batch.starts[i] : i;
    for (std::size_t row = 0; row < logits.size(); ++row)
      for (std::size_t k = 0; k < logits[row].size(); ++k)
        ASSERT_NEAR(result.logits[(first + row) * logits[row].size() + k], logits[row][k], kTolerance)
            << "sequence " << i << ", token " << row;
  }
}

TEST_P(Reference, KeptTokensAreCountedAsDefined) {
  const BatchResult result = Engine::load(model_directory, {}).run(batch);
  for (const std::size_t i : comparable())
    for (std::size_t layer = 0; layer < static_cast<std::size_t>(config.num_hidden_layers); ++layer) {
      std::uint32_t kept = 0;
      for (const std::size_t skimmed_at : expected[i].skimmed_at) kept += skimmed_at > layer;
      ASSERT_EQ(result.kept[layer * batch.sequences() + i], kept) << "sequence " << i << ", layer " << layer;
    }
}

test::TinyModel odd_model(const std::string& architecture) {
  test::TinyModel model;
  model.architecture = architecture;
  model.hidden_size = 30;
  model.heads = 10;
  model.layers = 3;
  model.intermediate_size = 7;
  model.predictor_size = 5;
  model.labels = {"red", "green", "blue"};
  return model;
}

test::TinyModel single_headed(const std::string& architecture) {
  test::TinyModel model = odd_model(architecture);
  model.hidden_size = 20;
  model.heads = 1;
  return model;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& architecture : test::every_architecture()) {
    const std::string name = test::in_test_name(architecture);
    const auto add = [&](const std::string& what, const test::TinyModel& model) {
      all.push_back({name + "_" + what, model});
    };
    test::TinyModel model = odd_model(architecture);
    model.layers = 1;
    add("one_layer", model);
    model = odd_model(architecture);
    model.head = HeadKind::question_answering;
    add("answers", model);
    model = single_headed(architecture);
    model.threshold = -0.6;
    add("lower_threshold", model);
    model = single_headed(architecture);
    model.threshold = 0.8;
    add("higher_threshold", model);
    model = single_headed(architecture);
    model.predictor_size = model.hidden_size;
    add("predictor_as_wide", model);
    model.predictor_size = 0;
    add("dense", model);
  }
  for (const auto& [what, activation] : {std::pair("gelu_tanh", Activation::gelu_tanh),
                                         {"relu", Activation::relu},
                                         {"silu", Activation::silu}}) {
    test::TinyModel model = single_headed("bert");
    model.activation = activation;
    all.push_back({std::string("bert_") + what, model});
  }
  test::TinyModel score = odd_model("bert");
  score.head = HeadKind::regression;
  score.labels = {"score"};
  score.layers = 2;
  all.push_back({"bert_regression", score});
  return all;
}

INSTANTIATE_TEST_SUITE_P(OddShapes, Reference, testing::ValuesIn(cases()),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace transkimmer
