// Five optimiser steps of the published training, number by number.
#include <string>

#include <gtest/gtest.h>

#include "training/network/golden_model.h"
#include "training/optimizer/optimizer.h"

namespace transkimmer::test {
namespace {

class GoldenSteps : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenSteps, FiveStepsEqualThePublishedTrace) {
  const GoldenTensors trace(GetParam() + ".train_trace");
  const GoldenTensors inputs(GetParam() + ".inputs");
  const PaddedBatch batch = golden_batch(GetParam());
  const TrainingModel model = golden_model({.architecture = GetParam()});
  constexpr double kRate = 1e-3;
  AdamW optimizer(model.parameters(), {.learning_rate = kRate,
                                       .predictor_learning_rate = kRate,
                                       .weight_decay = 0.01,
                                       .epsilon = 1e-6,
                                       .decay_predictor_norms = true});
  const Tensor noise = trace.at("noise");
  const auto expect_traced = [&](const std::string& name, std::int64_t step, double actual) {
    const double wanted = trace.at("trace." + name)[step].item<double>();
    EXPECT_NEAR(actual, wanted, 1e-4 * std::max(1.0, std::abs(wanted))) << name << " at step " << step;
  };
  for (std::int64_t step = 0; step < 5; ++step) {
    ForwardOptions options;
    options.skim_noise = noise.select(0, step);
    const ModelOutput output = model.forward(batch, options);
    const Tensor task = classification_loss(output.head.logits, inputs.at("labels"));
    const Tensor skim = skim_loss(output.encoder.skim_masks, batch.real, SkimSemantics::original);
    const Tensor loss = task + 0.5 * skim;
    expect_traced("loss", step, loss.item<double>());
    expect_traced("task_loss", step, task.item<double>());
    expect_traced("skim_loss", step, skim.item<double>());
    model.parameters().zero_gradients();
    loss.backward();
    expect_traced("grad_norm", step, clip_gradients(model.parameters(), 1.0));
    const double factor = linear_schedule(step, 2, 10);
    expect_traced("lr", step, kRate * factor);
    optimizer.step(factor);
  }
  std::size_t compared = 0;
  for (const auto& entry : model.parameters().entries()) {
    const std::string name = "final." + file_name_of(entry.spec, model.config());
    if (!trace.contains(name)) continue;
    EXPECT_LE(distance(entry.value, trace.at(name)), 1e-4) << name;
    ++compared;
  }
  EXPECT_GT(compared, 20u);
}

INSTANTIATE_TEST_SUITE_P(Published, GoldenSteps, ::testing::Values("bert", "roberta"));

}  // namespace
}  // namespace transkimmer::test
