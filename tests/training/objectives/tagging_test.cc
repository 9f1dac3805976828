// Labels of tokens in training: what a batch holds, what its loss is over, and what a teacher says of every
// token.

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/tagged_features.h"
#include "training/loop/tiny_training.h"
#include "training/objectives/distillation.h"
#include "training/objectives/step_loss.h"
#include "training/objectives/tagging_objective.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

const std::vector<std::string> kTags = {"O", "B-X", "I-X"};

ModelConfig tagger_config(const std::string& architecture = "bert") {
  ModelConfig config = tiny_config(architecture);
  config.head = HeadKind::token_classification;
  config.labels = kTags;
  return config;
}

/// The sequences of tiny_dataset: a token's label is B-X where it is 7, I-X behind that, and every fourth
/// token has none.
EncodedDataset tagged_dataset(std::size_t size, std::uint64_t seed) {
  EncodedDataset dataset = tiny_dataset(size, seed);
  dataset.labels.assign(dataset.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const auto ids = dataset.sequence_ids(i);
    for (std::size_t t = 0; t < ids.size(); ++t) {
      const std::int32_t tag = ids[t] == 7 ? 1 : (t > 0 && ids[t - 1] == 7 ? 2 : 0);
      dataset.tags.push_back(t % 4 == 0 ? kNoTag : tag);
    }
  }
  return dataset;
}

TEST(Tagging, ABatchHoldsEveryTokensLabelAndNoneOfPadding) {
  const EncodedDataset dataset = tagged_dataset(4, 1);
  const LabelledBatch batch = make_batch(dataset, {2, 0}, tagger_config(), torch::kCPU);
  ASSERT_EQ(batch.targets.tags.sizes(), batch.inputs.ids.sizes());
  std::size_t labelled = 0;
  for (std::int64_t row = 0; row < 2; ++row) {
    const auto tags = dataset.sequence_tags(row == 0 ? 2 : 0);
    for (std::int64_t column = 0; column < batch.targets.tags.size(1); ++column) {
      const auto place = static_cast<std::size_t>(column);
      const std::int64_t expected = place < tags.size() ? tags[place] : kNoTag;
      EXPECT_EQ(batch.targets.tags[row][column].item<std::int64_t>(), expected);
      labelled += expected >= 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(batch.predictions, labelled);
}

/// The gradient that one step of the given micro-batches adds up to.
std::vector<Tensor> gradients_of(const TrainingModel& model, const EncodedDataset& dataset,
                                 const std::vector<Batch>& parts) {
  model.parameters().zero_gradients();
  StepLoss loss(model, {}, std::nullopt);
  GroupSize group;
  std::vector<LabelledBatch> batches;
  for (const Batch& part : parts) {
    batches.push_back(make_batch(dataset, part, model.config(), torch::kCPU));
    group.add(batches.back(), model.spec());
  }
  for (const LabelledBatch& batch : batches)
    loss.run(batch, group, {.skim_coefficient = 0.1, .gate_noise = 0}, 1);
  std::vector<Tensor> gradients;
  for (const auto& entry : model.parameters().entries())
    if (entry.value.grad().defined()) gradients.push_back(entry.value.grad().clone());
  return gradients;
}

class TaggingOf : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Architectures, TaggingOf, testing::Values("bert", "roberta"));

TEST_P(TaggingOf, MicroBatchesOfUnlikeNumbersOfLabelsAddUpToOneBatch) {
  ModelConfig config = tagger_config(GetParam());
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = config.classifier_dropout = 0;
  const TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
  const EncodedDataset dataset = tagged_dataset(6, 2);
  const auto whole = gradients_of(model, dataset, {{0, 1, 2, 3, 4, 5}});
  const auto parts = gradients_of(model, dataset, {{0}, {1, 2, 3}, {4, 5}});
  ASSERT_EQ(whole.size(), parts.size());
  ASSERT_GT(whole.size(), 0U);
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_LT(at::max(at::abs(whole[i] - parts[i])).item<double>(), 1e-5);
}

TEST(Tagging, ATeachersAnswersAreHeardOfEveryTokenButPadding) {
  ModelConfig config = tagger_config();
  const Tensor real = torch::tensor({{1.0F, 1.0F, 0.0F}, {1.0F, 0.0F, 0.0F}});
  const auto output_of = [](const Tensor& logits) {
    return ModelOutput{.encoder = {.hidden = at::zeros({2, 3, 4}), .skim_masks = {}},
                       .head = {.logits = logits, .pooled = {}}};
  };
  const DistillationOptions answers_alone{.weight = 1, .temperature = 1, .state_weight = 0};
  const Tensor student = at::zeros({2, 3, 3});
  Tensor teacher = at::zeros({2, 3, 3});
  for (const auto& [row, column] : {std::pair(0, 2), std::pair(1, 1), std::pair(1, 2)})
    teacher[row][column][0] = 50;
  const auto distance = [&] {
    return distillation_loss(config, output_of(student), output_of(teacher), real, answers_alone)
        .item<double>();
  };
  EXPECT_NEAR(distance(), 0, 1e-6) << "padding";
  teacher[0][1][0] = 50;
  EXPECT_NEAR(distance(), std::log(3.0) / 3, 1e-5)
      << "one of three tokens, of which the student knows nothing";
}

TEST(Tagging, StatesOfAllTokensAreMatched) {
  ModelOutput student{.encoder = {.hidden = at::zeros({1, 3, 4}), .skim_masks = {}},
                      .head = {.logits = at::zeros({1, 3, 3}), .pooled = {}}};
  ModelOutput teacher{.encoder = {.hidden = at::zeros({1, 3, 4}), .skim_masks = {}},
                      .head = {.logits = at::zeros({1, 3, 3}), .pooled = {}}};
  teacher.encoder.hidden[0][1].fill_(2);
  teacher.encoder.hidden[0][2].fill_(9);
  const Tensor real = torch::tensor({{1.0F, 1.0F, 0.0F}});
  EXPECT_NEAR(distillation_loss(tagger_config(), student, teacher, real, {.state_weight = 1}).item<double>(),
              4.0 / 2, 1e-6);
}

TEST(Tagging, TrainingLearnsAndScoresAsSeqeval) {
  ModelConfig config = tagger_config();
  TrainingModel model = TrainingModel::from_scratch(config, {.seed = 5});
  const EncodedDataset train = tagged_dataset(120, 3), dev = tagged_dataset(40, 4);
  TrainingOptions options;
  options.learning_rate = 5e-3;
  options.train_batch_size = 8;
  options.num_train_epochs = 8;
  const TaggingData data{.train = &train, .dev = &dev};
  Trainer trainer(model, std::make_unique<TaggingObjective>(data, config, options), options);
  EXPECT_EQ(trainer.chief_metric(), "f1");
  trainer.run();
  const EvaluationReport report = TaggingObjective(data, config, options).evaluate(model);
  EXPECT_GT(report.scores.at("f1"), 0.9);
  EXPECT_THAT(report.scores, testing::SizeIs(4));
  // Batches of another size see the same.
  options.eval_batch_size = 3;
  const EvaluationReport again = TaggingObjective(data, config, options).evaluate(model);
  EXPECT_NEAR(again.loss.value(), report.loss.value(), 1e-5);
  EXPECT_EQ(again.scores, report.scores);
}

TEST(Tagging, RefusesWhatIsNoScoreOfTags) {
  const EncodedDataset data = tagged_dataset(4, 1);
  TrainingOptions options;
  options.metric_for_best_model = "matthews_correlation";
  EXPECT_THROW(TaggingObjective({.train = &data, .dev = &data}, tagger_config(), options), UsageError);
  EXPECT_THROW(TaggingObjective({.train = nullptr}, tagger_config(), {}), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
