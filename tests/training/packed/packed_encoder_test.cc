// The encoder without padding against the same encoder computed on padded tensors, operation by operation.
#include <cmath>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "support/architectures.h"
#include "training/kernels/matrix_product.h"
#include "training/loop/tiny_training.h"
#include "training/network/losses.h"
#include "training/objectives/batching.h"
#include "training/tensors/compute_settings.h"

namespace transkimmer::test {
namespace {

struct Case {
  std::string name;
  std::string architecture = "bert";
  bool skimming = true;
  bool bf16 = false;
  HeadKind head = HeadKind::question_answering;
  bool gradient_of_return = false;
  SkimProtection protection = SkimProtection::first_token;
  Activation activation = Activation::gelu;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

/// Heads of 12, which no vector divides, and sequences of several vectors.
ModelConfig config_of(const Case& tested) {
  ModelConfig config = tiny_config(tested.architecture);
  config.head = tested.head;
  config.hidden_size = 48;
  config.num_attention_heads = 4;
  config.intermediate_size = 80;
  config.num_hidden_layers = 3;
  config.max_position_embeddings = 64;
  config.hidden_act = tested.activation;
  config.skim.enabled = tested.skimming;
  config.skim.protection = tested.protection;
  if (tested.head == HeadKind::question_answering) config.labels = {"start", "end"};
  return config;
}

EncodedDataset sequences() {
  EncodedDataset data;
  torch::manual_seed(21);
  for (const std::int64_t length : {1, 7, 41, 16, 33, 2}) {
    const Tensor ids = at::randint(5, 40, {length}, torch::kInt64);
    for (std::int64_t i = 0; i < length; ++i) data.ids.push_back(ids[i].item<std::int32_t>());
    data.starts.push_back(data.ids.size());
    data.labels.push_back(static_cast<double>(length % 2));
  }
  data.type_ids.assign(data.ids.size(), 0);
  return data;
}

/// Predictors that skim some tokens, and norms that are not the identity.
TrainingModel deciding_model(const ModelConfig& config) {
  TrainingModel model = TrainingModel::from_scratch(config, {.seed = 11});
  torch::NoGradGuard no_gradients;
  torch::manual_seed(5);
  for (const auto& entry : model.parameters().entries()) {
    const bool keeps = entry.spec.name.ends_with(".predictor.4.bias");
    if (keeps) entry.value.zero_();
    if (!keeps) entry.value.add_(at::randn_like(entry.value), 0.1);
  }
  return model;
}

struct Outcome {
  ModelOutput output;
  double loss = 0;
  std::map<std::string, Tensor> gradients;
};

class PackedEncoder : public ::testing::TestWithParam<Case> {
 protected:
  PackedEncoder() : config(config_of(GetParam())), model(deciding_model(config)) {
    batch = make_batch(sequences(), {0, 1, 2, 3, 4, 5}, config, torch::kCPU);
    batch.targets.starts = torch::tensor({0, 3, 20, 5, 1, 1});
    batch.targets.ends = torch::tensor({0, 6, 33, 5, 30, 1});
  }

  void SetUp() override {
    if (GetParam().bf16 && !has_bf16_products()) GTEST_SKIP() << "this processor has no AVX-512 BF16";
  }

  Outcome run(bool padded, std::int64_t removal_delay = kEveryLayer) const {
    model.parameters().zero_gradients();
    ForwardOptions options{.training = true, .seed = 3};
    options.padded = padded;
    options.gradient_of_return = GetParam().gradient_of_return;
    options.removal_delay = removal_delay;
    Outcome outcome;
    Tensor loss;
    {
      const AutocastScope scope({.device = torch::kCPU, .bf16 = GetParam().bf16});
      outcome.output = model.forward(batch.inputs, options);
      loss = task_loss(config, outcome.output.head.logits, batch.targets, batch.inputs.real) +
             0.3 * skim_loss(outcome.output.encoder.skim_masks, batch.inputs.real, SkimSemantics::removal);
    }
    loss.backward();
    outcome.loss = loss.item<double>();
    for (const auto& entry : model.parameters().entries())
      if (entry.value.grad().defined()) outcome.gradients[entry.spec.name] = entry.value.grad().clone();
    return outcome;
  }

  ModelConfig config;
  TrainingModel model;
  LabelledBatch batch;
};

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

TEST_P(PackedEncoder, GivesTheLossMasksAndGradientsOfThePaddedOne) {
  const double tolerance = GetParam().bf16 ? 0.05 : 2e-5;
  const Outcome expected = run(/*padded=*/true), found = run(/*padded=*/false);
  EXPECT_NEAR(found.loss, expected.loss, tolerance * std::abs(expected.loss));
  double skimmed = 0;
  for (std::size_t i = 0; i < expected.output.encoder.skim_masks.size(); ++i) {
    const Tensor mask = expected.output.encoder.skim_masks[i] * batch.inputs.real;
    skimmed += at::sum(batch.inputs.real - mask).item<double>();
    EXPECT_TRUE(at::equal(found.output.encoder.skim_masks[i], mask)) << "layer " << i;
  }
  EXPECT_EQ(skimmed > 0, GetParam().skimming);
  EXPECT_EQ(found.gradients.size(), expected.gradients.size());
  for (const auto& [name, wanted] : expected.gradients) {
    const double error = largest(found.gradients.at(name) - wanted);
    // A key's bias moves all scores of a query alike: its gradient is zero but for rounding.
    EXPECT_LE(error, tolerance * largest(wanted) + tolerance * 0.02) << name;
  }
}

class PackedStates : public PackedEncoder {};

TEST_P(PackedStates, OfTokensAreThoseOfThePaddedOneAndPaddingIsZero) {
  const Tensor expected = run(/*padded=*/true).output.encoder.hidden;
  const Tensor found = run(/*padded=*/false).output.encoder.hidden;
  EXPECT_LE(largest(found - expected * batch.inputs.real.unsqueeze(-1)), 1e-5 * largest(expected));
}

TEST_P(PackedEncoder, AccumulatesGradientsOfSeveralPasses) {
  const Outcome once = run(/*padded=*/false);
  ForwardOptions options{.training = true, .seed = 3};
  options.gradient_of_return = GetParam().gradient_of_return;
  const AutocastScope scope({.device = torch::kCPU, .bf16 = GetParam().bf16});
  const ModelOutput output = model.forward(batch.inputs, options);
  (task_loss(config, output.head.logits, batch.targets, batch.inputs.real) +
   0.3 * skim_loss(output.encoder.skim_masks, batch.inputs.real, SkimSemantics::removal))
      .backward();
  for (const auto& [name, gradient] : once.gradients) {
    const Tensor twice = model.parameters().at(name).grad();
    EXPECT_LE(largest(twice - 2 * gradient), 1e-6 * largest(gradient) + 1e-9) << name;
  }
}

/// Without dropout of attention weights: which of them it spares depends on the keys that are left.
class SkimmedTokens : public PackedEncoder {
 protected:
  SkimmedTokens() {
    config.attention_probs_dropout_prob = 0;
    model = deciding_model(config);
  }
};

TEST_P(SkimmedTokens, MayLeaveWithoutAChangeOfLossMasksAndStates) {
  const Outcome expected = run(/*padded=*/false);
  for (const std::int64_t delay : {0, 1, 2}) {
    const Outcome found = run(/*padded=*/false, delay);
    EXPECT_NEAR(found.loss, expected.loss, 1e-5 * expected.loss);
    const auto &masks = found.output.encoder.skim_masks, &wanted = expected.output.encoder.skim_masks;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      EXPECT_TRUE(at::equal(masks[i], wanted[i])) << "layer " << i;
    EXPECT_LE(largest(found.output.encoder.hidden - expected.output.encoder.hidden), 1e-5);
  }
}

TEST_P(SkimmedTokens, ThatLeaveInNoLayerLeaveNoGradientBehind) {
  const Outcome expected = run(/*padded=*/false);
  const auto most = static_cast<std::int64_t>(config.num_hidden_layers);
  const Outcome found = run(/*padded=*/false, most);
  for (const auto& [name, wanted] : expected.gradients)
    EXPECT_TRUE(at::equal(found.gradients.at(name), wanted)) << name;
}

TEST_P(SkimmedTokens, LeaveWhereTheyAreSkimmedWhenNothingIsLearnt) {
  torch::NoGradGuard no_gradients;
  ForwardOptions options;
  const ModelOutput found = model.forward(batch.inputs, options);
  options.padded = true;
  const ModelOutput expected = model.forward(batch.inputs, options);
  const Tensor tokens = batch.inputs.real.unsqueeze(-1);
  EXPECT_LE(largest(found.encoder.hidden - expected.encoder.hidden * tokens), 1e-5);
  // Of padding the head computes what nobody asks for.
  const Tensor asked = config.head == HeadKind::question_answering ? tokens : at::ones({1});
  EXPECT_LE(largest(found.head.logits * asked - expected.head.logits * asked), 1e-5);
}

TEST_P(PackedEncoder, FirstStatesDoNotDependOnTheBatchToTheLastBit) {
  if (!has_independent_rows()) GTEST_SKIP() << "products of this processor have no independent rows";
  torch::NoGradGuard no_gradients;
  const AutocastScope scope({.device = torch::kCPU, .bf16 = GetParam().bf16});
  ForwardOptions options;
  options.first_token_only = true;
  const EncoderOutput together = model.encode(batch.inputs, options);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const LabelledBatch one = make_batch(sequences(), {i}, config, torch::kCPU);
    const EncoderOutput alone = model.encode(one.inputs, options);
    EXPECT_TRUE(at::equal(alone.hidden[0][0], together.hidden[i][0])) << "sequence " << i;
  }
}

std::string name_of_case(const ::testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

std::vector<Case> every_architecture() {
  std::vector<Case> cases;
  for (const std::string& name : test::every_architecture())
    cases.push_back({.name = in_test_name(name), .architecture = name});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Architectures, SkimmedTokens, ::testing::ValuesIn(every_architecture()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Architectures, PackedStates, ::testing::ValuesIn(every_architecture()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Architectures, PackedEncoder, ::testing::ValuesIn(every_architecture()),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(Cases, SkimmedTokens,
                         ::testing::Values(Case{.name = "unprotected", .protection = SkimProtection::none},
                                           Case{.name = "exits",
                                                .head = HeadKind::classification,
                                                .protection = SkimProtection::none}),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(Cases, PackedStates,
                         ::testing::Values(Case{.name = "dense", .skimming = false},
                                           Case{.name = "unprotected", .protection = SkimProtection::none}),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Cases, PackedEncoder,
    ::testing::Values(
        Case{.name = "dense", .skimming = false},
        Case{.name = "gradient_of_return", .gradient_of_return = true},
        Case{.name = "first_token_gradient_of_return",
             .head = HeadKind::classification,
             .gradient_of_return = true},
        Case{.name = "first_token", .head = HeadKind::classification},
        Case{.name = "unprotected", .protection = SkimProtection::none},
        Case{.name = "gelu_tanh", .activation = Activation::gelu_tanh},
        Case{.name = "relu", .activation = Activation::relu},
        Case{.name = "silu", .activation = Activation::silu},
        Case{.name = "exits", .head = HeadKind::classification, .protection = SkimProtection::none},
        Case{.name = "first_token_dense", .skimming = false, .head = HeadKind::classification},
        Case{.name = "dense_bf16", .skimming = false, .bf16 = true},
        Case{.name = "first_token_bf16", .skimming = false, .bf16 = true, .head = HeadKind::classification}),
    name_of_case);

}  // namespace
}  // namespace transkimmer::test
