// The masked-LM head, its loss and their gradients against the same model written plainly in double
// precision: logits over all positions, and a cross-entropy that ignores those that were not hidden.

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/architectures.h"
#include "training/loop/tiny_training.h"
#include "training/network/losses.h"
#include "training/runs/pretraining_text.h"

namespace transkimmer::test {
namespace {

ModelConfig masked_lm_config(const std::string& architecture) {
  ModelConfig config = tiny_config(architecture);
  config.head = HeadKind::masked_lm;
  config.labels.clear();
  config.skim = {};
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = config.classifier_dropout = 0;
  config.initializer_range = 0.3;  // so that every weight matters
  return config;
}

/// Every weight again as a double that remembers its gradient.
class PlainMaskedLm {
 public:
  PlainMaskedLm(const ModelConfig& config, const Parameters& parameters) : config_(config) {
    for (const auto& entry : parameters.entries())
      weights_[entry.spec.name] = entry.value.detach().to(torch::kFloat64).requires_grad_(true);
  }

  const Tensor& weight(const std::string& name) const { return weights_.at(name); }

  /// ids [B, S] without padding, labels [B, S] with -100 where nothing is to be predicted.
  Tensor loss(const Tensor& ids, const Tensor& labels) const {
    const ModelSpec spec = config_.spec();
    const bool behind = spec.embeddings.positions == Positions::behind_padding;
    const Tensor first = at::full({1}, behind ? config_.pad_token_id + 1 : 0, torch::kInt64);
    const Tensor positions = at::arange(ids.size(1), ids.options()) + first;
    Tensor x = at::embedding(weight("embeddings.word_embeddings.weight"), ids) +
               at::embedding(weight("embeddings.position_embeddings.weight"), positions);
    if (spec.embeddings.types > 0)
      x = x + at::embedding(weight("embeddings.token_type_embeddings.weight"), at::zeros_like(ids));
    x = norm(x, "embeddings.LayerNorm");
    for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i)
      x = layer(x, "encoder.layer." + std::to_string(i));
    const HeadStep &transform = spec.head.steps[0], &output = spec.head.steps[1];
    x = norm(at::gelu(dense(x, transform.name)), transform.norm);
    const Tensor logits =
        at::matmul(x, weight("embeddings.word_embeddings.weight").t()) + weight(output.name + ".bias");
    return at::cross_entropy_loss(logits.view({-1, config_.vocab_size}), labels.view({-1}), {},
                                  at::Reduction::Mean, -100);
  }

 private:
  Tensor dense(const Tensor& x, const std::string& name) const {
    return at::matmul(x, weight(name + ".weight").t()) + weight(name + ".bias");
  }
  Tensor norm(const Tensor& x, const std::string& name) const {
    const Tensor centred = x - x.mean(-1, true);
    const Tensor deviation = (centred.pow(2).mean(-1, true) + config_.layer_norm_eps).sqrt();
    return centred / deviation * weight(name + ".weight") + weight(name + ".bias");
  }
  Tensor layer(const Tensor& x, const std::string& name) const {
    const std::int64_t size = config_.head_size();
    std::vector<Tensor> heads;
    for (std::int64_t head = 0; head < config_.num_attention_heads; ++head) {
      const auto part = [&](const char* what) {
        return dense(x, name + ".attention.self." + what).slice(-1, head * size, (head + 1) * size);
      };
      const Tensor scores =
          at::matmul(part("query"), part("key").transpose(-1, -2)) / std::sqrt(static_cast<double>(size));
      heads.push_back(at::matmul(at::softmax(scores, -1), part("value")));
    }
    const Tensor attended = norm(dense(at::cat(heads, -1), name + ".attention.output.dense") + x,
                                 name + ".attention.output.LayerNorm");
    const Tensor expanded = at::gelu(dense(attended, name + ".intermediate.dense"));
    return norm(dense(expanded, name + ".output.dense") + attended, name + ".output.LayerNorm");
  }

  ModelConfig config_;
  std::map<std::string, Tensor> weights_;
};

class MaskedLm : public ::testing::TestWithParam<std::string> {
 protected:
  LabelledBatch batch(const ModelConfig& config) const {
    TrainingOptions options;
    options.train_batch_size = 6;
    options.seed = 5;
    return MaskedLmObjective(text.data(), config, options).micro_batch(0, 0);
  }
  PretrainingText text;
};

TEST_P(MaskedLm, LossAndEveryGradientAgreeWithThePlainComputation) {
  const ModelConfig config = masked_lm_config(GetParam());
  const ModelSpec spec = config.spec();
  if (spec.embeddings.size > 0 || spec.relative_bias.buckets > 0)
    GTEST_SKIP() << "the plain computation has neither projection nor bias: ArchitectureOf compares them";
  const TrainingModel model = TrainingModel::from_scratch(config, {.seed = 9});
  const PlainMaskedLm plain(config, model.parameters());
  const LabelledBatch given = batch(config);
  ASSERT_GT(given.predictions, 3U);
  const Tensor labels = at::full({given.inputs.ids.numel()}, -100, torch::kInt64);
  labels.index_copy_(0, given.inputs.predicted, given.targets.tokens);

  const Tensor expected = plain.loss(given.inputs.ids, labels.view_as(given.inputs.ids));
  const ModelOutput output = model.forward(given.inputs, {.training = true, .seed = 1, .skim_noise = {}});
  EXPECT_EQ(output.head.logits.sizes(),
            torch::IntArrayRef({static_cast<std::int64_t>(given.predictions), 40}))
      << "only what was hidden is predicted";
  const Tensor loss = task_loss(config, output.head.logits, given.targets, given.inputs.real);
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-5);

  expected.backward();
  loss.backward();
  for (const auto& entry : model.parameters().entries()) {
    const std::string& name = entry.spec.name;
    // Embeddings of padding are declared to get no gradient as inputs; there is no padding here.
    const Tensor wanted = plain.weight(name).grad();
    ASSERT_TRUE(entry.value.grad().defined()) << name;
    const double largest = wanted.abs().max().item<double>();
    const double error = (entry.value.grad().to(torch::kFloat64) - wanted).abs().max().item<double>();
    // A key's bias moves all scores of a query alike: its gradient is zero but for rounding.
    EXPECT_LE(error, 1e-4 * largest + 1e-6) << name;
  }
}

TEST_P(MaskedLm, WithoutAChoiceAllPositionsArePredicted) {
  const ModelConfig config = masked_lm_config(GetParam());
  const TrainingModel model = TrainingModel::from_scratch(config, {.seed = 9});
  LabelledBatch given = batch(config);
  const Tensor some = model.forward(given.inputs, {}).head.logits;
  const Tensor predicted = given.inputs.predicted;
  given.inputs.predicted = Tensor();
  const Tensor all = model.forward(given.inputs, {}).head.logits;
  EXPECT_TRUE(at::allclose(at::index_select(all, 0, predicted), some, 1e-5, 1e-5));
}

TEST_P(MaskedLm, SkimmedTokensArePredictedFromTheStateTheyWereCarriedWith) {
  ModelConfig config = masked_lm_config(GetParam());
  config.skim = {.enabled = true, .predictor_size = 8, .coefficient = 0.3};
  config.skim.threshold = 1e6;  // everything but the first token is skimmed at once
  const TrainingModel model = TrainingModel::from_scratch(config, {.seed = 9});
  const LabelledBatch given = batch(config);
  EncoderTrace trace;
  const ModelOutput output = model.forward(given.inputs, {}, &trace);
  const Tensor carried = trace.hidden.front();
  EXPECT_TRUE(at::equal(output.encoder.hidden.slice(1, 1), carried.slice(1, 1)));
  const Head head(config.spec(), model.parameters());
  const Tensor expected = head.forward({.hidden = carried, .predicted = given.inputs.predicted}, {}).logits;
  EXPECT_TRUE(at::allclose(output.head.logits, expected, 1e-5, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Architectures, MaskedLm, ::testing::ValuesIn(test::every_architecture()),
                         [](const auto& tested) { return test::in_test_name(tested.param); });

TEST(MaskedLmLoss, IsTheMeanCrossEntropyAndSoIsItsGradient) {
  const Tensor logits = (at::randn({7, 1003}, torch::kFloat64) * 8).to(torch::kFloat32).requires_grad_(true);
  const Tensor tokens = at::tensor({0, 1002, 17, 500, 3, 999, 16}, torch::kInt64);
  const Tensor wide = logits.detach().to(torch::kFloat64).requires_grad_(true);
  const Tensor loss = masked_lm_loss(logits, tokens) * 0.25;
  const Tensor expected = at::cross_entropy_loss(wide, tokens) * 0.25;
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-6);
  loss.backward();
  expected.backward();
  EXPECT_TRUE(at::allclose(logits.grad().to(torch::kFloat64), wide.grad(), 1e-5, 1e-8));
}

}  // namespace
}  // namespace transkimmer::test
