#include <cmath>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "model_files/weights/model_weights.h"
#include "runtime/cpu/encoder.h"
#include "runtime/cpu/head.h"
#include "support/golden.h"
#include "support/temporary_directory.h"

namespace transkimmer {
namespace {

constexpr std::size_t kSequences = 4, kPadded = 16, kHidden = 32, kLayers = 3;
constexpr double kTolerance = 1e-4;

/// The golden inputs as a ragged batch, and where each of its tokens stood in the padded one.
struct GoldenInputs {
  explicit GoldenInputs(const std::string& architecture) : file(test::open_golden(architecture + ".inputs")) {
    const auto ids = to_integers(file.at("input_ids")), mask = to_integers(file.at("attention_mask"));
    std::vector<std::int64_t> types(ids.size(), 0);
    if (file.tensors().contains("token_type_ids")) types = to_integers(file.at("token_type_ids"));
    for (std::size_t i = 0; i < kSequences; ++i) {
      std::vector<std::int32_t> sequence, sequence_types;
      for (std::size_t t = i * kPadded; t < (i + 1) * kPadded; ++t) {
        if (mask[t] == 0) continue;
        sequence.push_back(static_cast<std::int32_t>(ids[t]));
        sequence_types.push_back(static_cast<std::int32_t>(types[t]));
        padded_index.push_back(t);
      }
      batch.add(sequence, sequence_types);
    }
  }

  SafetensorsFile file;
  RaggedBatch batch;
  std::vector<std::size_t> padded_index;
};

/// A model of the golden weights with the head of `task`.
struct GoldenModel {
  GoldenModel(const std::string& architecture, const std::string& task) {
    const test::TemporaryDirectory directory;
    test::make_golden_model(directory / "model", architecture, task);
    config = ModelConfig::load(directory / "model");
    const ModelWeights files = ModelWeights::load(directory / "model", config, {true, true});
    spec = config.spec();
    weights = EncoderWeights::pack(spec, files, true, 2, kernels);
    head = TaskHead::pack(spec, files, 2, kernels);
  }

  ModelConfig config;
  ModelSpec spec;
  MatrixKernelCache kernels;
  EncoderWeights weights;
  std::optional<TaskHead> head;
};

using Variant = std::tuple<std::string, std::string, std::string>;  // architecture, noise, decisions

class GoldenRemoval : public testing::TestWithParam<Variant> {
 protected:
  GoldenRemoval()
      : inputs(std::get<0>(GetParam())),
        expected(test::open_golden(std::get<0>(GetParam()) + ".physical." + std::get<1>(GetParam()))),
        prefix(std::get<2>(GetParam()) + ".") {}

  std::vector<float> floats(const std::string& name) const { return to_floats(expected.at(prefix + name)); }

  /// The decisions of this variant: the model's own margins plus the fixture's noise, or the published code's
  /// masks.
  KeepDecision decisions() const {
    if (prefix == "forced.") {
      std::vector<std::vector<float>> masks;
      for (std::size_t layer = 0; layer < kLayers; ++layer)
        masks.push_back(floats("skim_mask." + std::to_string(layer)));
      return [this, masks](std::size_t layer, std::size_t token, float) {
        return masks[layer][inputs.padded_index[token]] != 0;
      };
    }
    if (std::get<1>(GetParam()) == "zero") return {};
    const auto noise = to_floats(inputs.file.at("noise"));  // [layers, sequences, padded - 1, 2]
    return [this, noise](std::size_t layer, std::size_t token, float margin) {
      const std::size_t padded = inputs.padded_index[token];
      const std::size_t position =
          (layer * kSequences + padded / kPadded) * (kPadded - 1) + padded % kPadded - 1;
      return margin + noise[2 * position + 1] - noise[2 * position] > 0;
    };
  }

  EncoderResult run(const GoldenModel& model, OutputStates outputs) {
    const PassOptions pass{.keep = decisions()};
    return encode(model.spec, model.weights, inputs.batch, {pass, outputs}, pool, workspace);
  }

  GoldenInputs inputs;
  SafetensorsFile expected;
  std::string prefix;
  ThreadPool pool{2};
  Workspace workspace;
};

TEST_P(GoldenRemoval, SkimsTheSameTokensAndLeavesTheSameStates) {
  const GoldenModel model(std::get<0>(GetParam()), "cls");
  const EncoderResult result = run(model, OutputStates::all_tokens);
  const auto states = floats("last_hidden_state");
  const auto removed_at = to_integers(expected.at(prefix + "removed_at"));
  for (std::size_t token = 0; token < inputs.batch.tokens(); ++token) {
    const std::size_t padded = inputs.padded_index[token];
    EXPECT_EQ(result.skimmed_at[token], removed_at[padded]) << "token " << token;
    for (std::size_t k = 0; k < kHidden; ++k)
      ASSERT_NEAR(result.states[token * kHidden + k], states[padded * kHidden + k], kTolerance);
  }
}

TEST_P(GoldenRemoval, CountsTheTokensKeptPerLayer) {
  const GoldenModel model(std::get<0>(GetParam()), "cls");
  const EncoderResult result = run(model, OutputStates::first_token);
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    const auto mask = floats("skim_mask." + std::to_string(layer));
    for (std::size_t i = 0; i < kSequences; ++i) {
      float kept = 0;
      for (std::size_t t = 0; t < kPadded; ++t) kept += mask[i * kPadded + t];
      EXPECT_EQ(static_cast<float>(result.kept[layer * kSequences + i]), kept);
    }
  }
}

TEST_P(GoldenRemoval, GivesTheSameClassificationFromTheFirstTokenAlone) {
  const GoldenModel model(std::get<0>(GetParam()), "cls");
  const EncoderResult result = run(model, OutputStates::first_token);
  const auto logits = model.head->logits(result.states, kSequences, ThreadPool(1));
  const auto expected_logits = floats("logits");
  ASSERT_EQ(logits.size(), expected_logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected_logits[i], kTolerance);
}

TEST_P(GoldenRemoval, GivesTheSameStartAndEndLogitsForEveryToken) {
  const GoldenModel model(std::get<0>(GetParam()), "qa");
  const EncoderResult result = run(model, OutputStates::all_tokens);
  const auto logits = model.head->logits(result.states, inputs.batch.tokens(), ThreadPool(2));
  const auto start = floats("start_logits"), end = floats("end_logits");
  for (std::size_t token = 0; token < inputs.batch.tokens(); ++token) {
    EXPECT_NEAR(logits[2 * token], start[inputs.padded_index[token]], kTolerance);
    EXPECT_NEAR(logits[2 * token + 1], end[inputs.padded_index[token]], kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, GoldenRemoval,
                         testing::Combine(testing::Values("bert", "roberta"),
                                          testing::Values("zero", "noise"), testing::Values("own", "forced")),
                         [](const auto& variant) {
                           return std::get<0>(variant.param) + "_" + std::get<1>(variant.param) + "_" +
                                  std::get<2>(variant.param);
                         });

}  // namespace
}  // namespace transkimmer
