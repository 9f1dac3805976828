#include "support/architectures.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "model_files/weights/model_weights.h"
#include "runtime/engine.h"
#include "support/golden.h"
#include "training/network/golden_model.h"
#include "training/network/losses.h"
#include "training/network/model.h"

/// Every architecture of the table beside Hugging Face's transformers: scripts/golden/architectures.py wrote
/// what it computes.
namespace transkimmer::test {
namespace {

using Variant = std::tuple<std::string, std::string>;  // architecture, head

class ArchitectureOf : public testing::TestWithParam<Variant> {
 protected:
  ArchitectureOf()
      : expected("architectures/" + std::get<0>(GetParam()) + "/" + head() + "/expected"),
        directory(golden_path("architectures") / std::get<0>(GetParam()) / head()),
        model(TrainingModel::load(directory, ModelConfig::load(directory), {}, {})),
        batch{.ids = expected.at("input_ids"),
              .type_ids = at::zeros_like(expected.at("input_ids")),
              .real = expected.at("attention_mask").to(torch::kFloat32)} {}

  static const std::string& head() { return std::get<1>(GetParam()); }

  Targets targets() const {
    Targets targets;
    if (head() == "classification") {
      targets.classes = expected.at("labels");
    } else if (head() == "question_answering") {
      targets.starts = expected.at("start_positions");
      targets.ends = expected.at("end_positions");
    } else if (head() == "token_classification") {
      targets.tags = expected.at("labels");
    } else {
      targets.tokens = expected.at("labels").view(-1).index_select(0, predicted());
    }
    return targets;
  }
  /// Of masked language models: the tokens that are asked for.
  Tensor predicted() const { return at::nonzero(expected.at("labels").view(-1).ge(0)).view(-1); }

  GoldenTensors expected;
  std::filesystem::path directory;
  TrainingModel model;
  PaddedBatch batch;
};

INSTANTIATE_TEST_SUITE_P(Architectures, ArchitectureOf,
                         testing::Combine(testing::ValuesIn(every_architecture()),
                                          testing::Values("classification", "question_answering",
                                                          "token_classification", "masked_lm")),
                         [](const auto& variant) {
                           return in_test_name(std::get<0>(variant.param)) + "_" + std::get<1>(variant.param);
                         });

/// What a head computes may depend on the activation, too.
INSTANTIATE_TEST_SUITE_P(Activations, ArchitectureOf,
                         testing::Combine(testing::Values("bert_gelu_new", "bert_silu", "distilbert_relu"),
                                          testing::Values("classification", "masked_lm")),
                         [](const auto& variant) {
                           return in_test_name(std::get<0>(variant.param)) + "_" + std::get<1>(variant.param);
                         });

TEST_P(ArchitectureOf, StatesAndLogitsEqualThoseOfTransformers) {
  const torch::NoGradGuard no_gradients;
  EncoderTrace trace;
  const ModelOutput output = model.forward(batch, {.padded = true}, &trace);
  for (std::size_t i = 0; i < trace.hidden.size(); ++i) {
    const Tensor real = batch.real.unsqueeze(-1);
    EXPECT_LE(distance(trace.hidden[i] * real, expected.at("hidden_states." + std::to_string(i)) * real),
              1e-5)
        << "input of layer " << i;
  }
  if (head() == "classification") {
    EXPECT_LE(distance(output.head.logits, expected.at("logits")), 1e-5);
    return;
  }
  const Tensor logits = output.head.logits.view(expected.at("logits").sizes());
  const Tensor real = batch.real.unsqueeze(-1);
  EXPECT_LE(distance(logits * real, expected.at("logits") * real), 1e-5);
}

TEST_P(ArchitectureOf, GradientsEqualThoseOfTransformers) {
  PaddedBatch asked = batch;
  if (head() == "masked_lm") asked.predicted = predicted();
  const ModelOutput output = model.forward(asked, {.padded = true});
  // The reference lets padding compete for where an answer begins.
  ModelConfig config = model.config();
  config.skim.semantics = SkimSemantics::original;
  const Tensor loss = task_loss(config, output.head.logits, targets(), batch.real);
  EXPECT_NEAR(loss.item<double>(), expected.value("loss"), 1e-5);
  loss.backward();
  std::size_t compared = 0;
  for (const auto& entry : model.parameters().entries()) {
    const std::string name = "grad." + file_name_of(entry.spec, model.config());
    ASSERT_TRUE(expected.contains(name)) << name;
    const Tensor wanted = expected.at(name);
    EXPECT_LE(distance(entry.value.grad(), wanted),
              1e-4 * std::max(1.0, at::max(at::abs(wanted)).item<double>()))
        << name;
    ++compared;
  }
  EXPECT_GT(compared, 30U);
}

TEST_P(ArchitectureOf, TheEngineAnswersAsTransformersDoes) {
  const Engine engine = Engine::load(directory, {.threads = 2});
  RaggedBatch ragged;
  const Tensor ids = batch.ids.to(torch::kInt32).contiguous();
  const Tensor lengths = batch.real.sum(1);
  for (std::int64_t i = 0; i < ids.size(0); ++i)
    ragged.add({ids.data_ptr<std::int32_t>() + i * ids.size(1),
                static_cast<std::size_t>(lengths[i].item<double>())});
  const std::vector<float> logits = engine.run(ragged).logits;
  const Tensor wanted = head() == "classification"
                            ? expected.at("logits").reshape(-1)
                            : expected.at("logits").index({batch.real.gt(0)}).reshape(-1);
  ASSERT_EQ(static_cast<std::int64_t>(logits.size()), wanted.numel());
  // Of scale, as gradients are: floats near 6, which MPNet's masked language model has, lie 5e-7 apart, and
  // some twenty roundings lead to them.
  const double tolerance = 1e-5 * std::max(1.0, at::max(at::abs(wanted)).item<double>());
  for (std::size_t i = 0; i < logits.size(); ++i)
    EXPECT_NEAR(logits[i], wanted[static_cast<std::int64_t>(i)].item<double>(), tolerance);
  if (head() != "masked_lm") return;
  ragged.asked = {1, 5, 12};
  const std::vector<float> asked = engine.run(ragged).logits;
  const std::size_t vocabulary = logits.size() / ragged.tokens();
  ASSERT_EQ(asked.size(), 3 * vocabulary);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < vocabulary; ++k)
      EXPECT_NEAR(asked[i * vocabulary + k], logits[ragged.asked[i] * vocabulary + k], 1e-5);
}

}  // namespace
}  // namespace transkimmer::test
