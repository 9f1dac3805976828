// The published code's numbers: every output, loss and gradient, computed in double precision (see the
// fixtures' README).
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "training/network/golden_model.h"

namespace transkimmer::test {
namespace {

constexpr double kOutputTolerance = 1e-4;
constexpr double kGradientTolerance = 1e-4;  ///< of the largest element of the tensor

struct Case {
  std::string architecture;
  std::string task;     ///< "cls" or "qa"
  std::string fixture;  ///< "cls", "cls_renorm", "qa", "qa_ext"
  std::string noise;    ///< "zero" or "noise"
  double coefficient;   ///< of the skim loss: the published RoBERTa head for questions has none
};

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  return info.param.architecture + "_" + info.param.fixture + "_" + info.param.noise;
}

class Golden : public ::testing::TestWithParam<Case> {
 protected:
  GoldenTensors expected{GetParam().architecture + "." + GetParam().fixture + "." + GetParam().noise};
  GoldenTensors inputs{GetParam().architecture + ".inputs"};
  PaddedBatch batch = golden_batch(GetParam().architecture);

  TrainingModel model(bool regression = false) const {
    const bool renormalised = GetParam().fixture == "cls_renorm";
    return golden_model({.architecture = GetParam().architecture,
                         .task = GetParam().task,
                         .regression = regression,
                         .semantics = renormalised ? SkimSemantics::removal : SkimSemantics::original});
  }

  ModelOutput run(const TrainingModel& trained, EncoderTrace* trace = nullptr) const {
    ForwardOptions options;
    options.skim_noise = expected.at("noise");
    options.padded = true;  // the fixtures, cls_renorm too, count decisions on padding
    return trained.forward(batch, options, trace);
  }

  Tensor task_loss_of(const ModelOutput& output, const std::string& suffix = "") const {
    if (GetParam().task == "cls") return classification_loss(output.head.logits, inputs.at("labels"));
    return question_answering_loss(output.head.logits,
                                   {.classes = {},
                                    .scores = {},
                                    .starts = inputs.at("start_positions" + suffix),
                                    .ends = inputs.at("end_positions" + suffix)},
                                   batch.real, SkimSemantics::original);
  }

  // The fixtures, cls_renorm too, count padding in the skim loss.
  Tensor skim_loss_of(const ModelOutput& output) const {
    return skim_loss(output.encoder.skim_masks, batch.real, SkimSemantics::original);
  }

  void expect_output(const std::string& name, const Tensor& actual) const {
    EXPECT_LE(distance(actual, expected.at(name)), kOutputTolerance) << name;
  }

  void expect_value(const std::string& name, const Tensor& actual) const {
    EXPECT_NEAR(actual.item<double>(), expected.value(name), kOutputTolerance) << name;
  }

  static void expect_gradient(const std::string& name, const Tensor& actual, const Tensor& wanted) {
    ASSERT_TRUE(actual.defined()) << name;
    const double scale = at::max(at::abs(wanted)).item<double>();
    // A gradient that is zero by construction (a key bias shifts all scores of a row alike) is rounding
    // noise.
    EXPECT_LE(distance(actual, wanted), kGradientTolerance * std::max(scale, 1e-2)) << name;
  }
};

class GoldenRegression : public Golden {};
class GoldenRemoval : public Golden {};
class GoldenAnswers : public Golden {};

TEST_P(Golden, HiddenStatesMasksAndProbabilitiesEqualTheFixture) {
  const TrainingModel trained = model();
  EncoderTrace trace;
  const ModelOutput output = run(trained, &trace);
  for (std::size_t i = 0; i < trace.hidden.size(); ++i) {
    expect_output("hidden_states." + std::to_string(i), trace.hidden[i]);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    expect_output("skim_logits." + std::to_string(i), trace.skim_logits[i].slice(1, 1));
    EXPECT_TRUE(at::equal(output.encoder.skim_masks[i], expected.at("skim_mask." + std::to_string(i))));
  }
  expect_output("last_hidden_state", output.encoder.hidden);
  expect_output("attention_probs.0", trace.probabilities[0]);
}

TEST_P(Golden, LogitsAndLossesEqualTheFixture) {
  const ModelOutput output = run(model());
  const Tensor task = task_loss_of(output);
  const Tensor skim = skim_loss_of(output);
  if (GetParam().task == "cls") {
    expect_output("logits", output.head.logits);
    if (output.head.pooled.defined()) expect_output("pooler_output", output.head.pooled);
  } else {
    expect_output("start_logits", output.head.logits.select(-1, 0));
    expect_output("end_logits", output.head.logits.select(-1, 1));
  }
  expect_value("task_loss", task);
  expect_value("skim_loss", skim);
  expect_value("loss", task + GetParam().coefficient * skim);
}

TEST_P(Golden, KeptTokensCountedAsPublishedEqualTheFixture) {
  const ModelOutput output = run(model());
  const Tensor all_positions = at::ones_like(batch.real);
  const Tensor kept = kept_tokens(output.encoder.skim_masks, all_positions) / at::sum(batch.real);
  expect_output("layer_tokens_remained", kept);
  expect_value("tokens_remained", at::mean(kept));
}

TEST_P(Golden, EveryGradientEqualsTheFixture) {
  const TrainingModel trained = model();
  const ModelOutput output = run(trained);
  (task_loss_of(output) + GetParam().coefficient * skim_loss_of(output)).backward();
  std::size_t compared = 0;
  for (const auto& entry : trained.parameters().entries()) {
    const std::string name = file_name_of(entry.spec, trained.config());
    if (!expected.contains("grad." + name)) continue;
    expect_gradient(name, entry.value.grad(), expected.at("grad." + name));
    ++compared;
  }
  std::size_t stored = 0;
  for (const auto& [name, tensor] : expected.file().tensors()) stored += name.starts_with("grad.") ? 1 : 0;
  EXPECT_EQ(compared, stored);
  EXPECT_GT(stored, 70u);
}

TEST_P(GoldenRemoval, WithoutPaddingLogitsAndTokensEqualTheFixture) {
  const TrainingModel trained = model();
  ForwardOptions options;
  options.skim_noise = expected.at("noise");
  const ModelOutput output = trained.forward(batch, options);
  expect_output("logits", output.head.logits);
  expect_value("task_loss", task_loss_of(output));
  const Tensor tokens = batch.real.unsqueeze(-1);
  EXPECT_LE(distance(output.encoder.hidden, expected.at("last_hidden_state") * tokens), kOutputTolerance);
  for (std::size_t i = 0; i < 3; ++i) {
    const Tensor wanted = expected.at("skim_mask." + std::to_string(i)) * batch.real;
    EXPECT_TRUE(at::equal(output.encoder.skim_masks[i], wanted)) << "layer " << i;
  }
}

TEST_P(GoldenRegression, RegressionLossAndGradientEqualTheFixture) {
  const TrainingModel trained = model(/*regression=*/true);
  const ModelOutput output = run(trained);
  const Tensor task = regression_loss(output.head.logits, inputs.at("reg_labels"));
  const Tensor loss = task + GetParam().coefficient * skim_loss_of(output);
  expect_output("reg.logits", output.head.logits);
  expect_value("reg.task_loss", task);
  expect_value("reg.loss", loss);
  loss.backward();
  std::size_t compared = 0;
  for (const auto& entry : trained.parameters().entries()) {
    const std::string name = "reg.grad." + file_name_of(entry.spec, trained.config());
    if (!expected.contains(name)) continue;
    expect_gradient(name, entry.value.grad(), expected.at(name));
    ++compared;
  }
  EXPECT_GE(compared, 1u);
}

TEST_P(GoldenAnswers, AnswersOutsideTheSequenceAreIgnored) {
  const ModelOutput output = run(model());
  const Tensor task = task_loss_of(output, "_oob");
  expect_value("task_loss_oob", task);
  expect_value("loss_oob", task + GetParam().coefficient * skim_loss_of(output));
}

INSTANTIATE_TEST_SUITE_P(
    Published, Golden,
    ::testing::Values(Case{"bert", "cls", "cls", "zero", 0.5}, Case{"bert", "cls", "cls", "noise", 0.5},
                      Case{"roberta", "cls", "cls", "zero", 0.5}, Case{"roberta", "cls", "cls", "noise", 0.5},
                      Case{"bert", "qa", "qa", "zero", 0.5}, Case{"bert", "qa", "qa", "noise", 0.5},
                      Case{"roberta", "qa", "qa", "zero", 0.0}, Case{"roberta", "qa", "qa", "noise", 0.0},
                      Case{"roberta", "qa", "qa_ext", "noise", 0.5}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(Renormalised, Golden,
                         ::testing::Values(Case{"bert", "cls", "cls_renorm", "noise", 0.5}), name_of_case);

INSTANTIATE_TEST_SUITE_P(Renormalised, GoldenRemoval,
                         ::testing::Values(Case{"bert", "cls", "cls_renorm", "noise", 0.5}), name_of_case);

INSTANTIATE_TEST_SUITE_P(Published, GoldenRegression,
                         ::testing::Values(Case{"bert", "cls", "cls", "zero", 0.5},
                                           Case{"bert", "cls", "cls", "noise", 0.5},
                                           Case{"roberta", "cls", "cls", "zero", 0.5},
                                           Case{"roberta", "cls", "cls", "noise", 0.5}),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(Published, GoldenAnswers,
                         ::testing::Values(Case{"bert", "qa", "qa", "zero", 0.5},
                                           Case{"bert", "qa", "qa", "noise", 0.5},
                                           Case{"roberta", "qa", "qa", "zero", 0.0},
                                           Case{"roberta", "qa", "qa", "noise", 0.0}),
                         name_of_case);

}  // namespace
}  // namespace transkimmer::test
