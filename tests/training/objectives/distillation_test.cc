#include "training/objectives/distillation.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "training/kernels/matrix_product.h"
#include "training/loop/tiny_training.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

ModelOutput output_of(const Tensor& logits) {
  return {.encoder = {.hidden = at::zeros({logits.size(0), 3, 4}), .skim_masks = {}},
          .head = {.logits = logits, .pooled = {}}};
}

ModelConfig config_of(HeadKind head) {
  ModelConfig config = tiny_config();
  config.head = head;
  return config;
}

const DistillationOptions answers_alone{.weight = 1, .temperature = 2, .state_weight = 0};

TEST(Distillation, OfLabelsIsTheDivergenceOfSoftenedDistributions) {
  const Tensor student = torch::tensor({{1.0F, -1.0F}}), teacher = torch::tensor({{0.0F, 2.0F}});
  const auto keep = [](double difference) { return 1 / (1 + std::exp(-difference)); };
  const double q = keep(1), p = keep(-1);  // first label, at temperature 2
  const double divergence = p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q));
  const Tensor loss = distillation_loss(config_of(HeadKind::classification), output_of(student),
                                        output_of(teacher), at::ones({1, 3}), answers_alone);
  EXPECT_NEAR(loss.item<double>(), 4 * divergence, 1e-6);
}

TEST(Distillation, OfTheTeacherItselfIsNothing) {
  for (const HeadKind head :
       {HeadKind::classification, HeadKind::multi_label, HeadKind::regression, HeadKind::reranking}) {
    const bool is_number = head == HeadKind::regression || head == HeadKind::reranking;
    const Tensor logits = at::randn({2, is_number ? 1 : 2});
    EXPECT_NEAR(distillation_loss(config_of(head), output_of(logits), output_of(logits), at::ones({2, 3}), {})
                    .item<double>(),
                0, 1e-7);
  }
}

TEST(Distillation, OfLabelsThatHoldByThemselvesIsTheMeanOfTheirDivergences) {
  const Tensor student = torch::tensor({{1.0F, -1.0F}}), teacher = torch::tensor({{0.0F, 2.0F}});
  const auto sigmoid = [](double logit) { return 1 / (1 + std::exp(-logit / 2)); };  // at temperature 2
  const auto divergence = [&](double learnt, double taught) {
    const double q = sigmoid(learnt), p = sigmoid(taught);
    return p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q));
  };
  const Tensor loss = distillation_loss(config_of(HeadKind::multi_label), output_of(student),
                                        output_of(teacher), at::ones({1, 3}), answers_alone);
  EXPECT_NEAR(loss.item<double>(), 4 * (divergence(1, 0) + divergence(-1, 2)) / 2, 1e-6);
}

TEST(Distillation, OfSpansDoesNotHearPadding) {
  Tensor student = at::zeros({1, 3, 2}), teacher = at::zeros({1, 3, 2});
  teacher[0][2].fill_(100);
  const Tensor real = torch::tensor({{1.0F, 1.0F, 0.0F}});
  EXPECT_NEAR(distillation_loss(config_of(HeadKind::question_answering), output_of(student),
                                output_of(teacher), real, answers_alone)
                  .item<double>(),
              0, 1e-6);
}

TEST(Distillation, StatesOfAnotherSizeAreNotCompared) {
  ModelOutput student = output_of(at::zeros({1, 2})), teacher = output_of(at::zeros({1, 2}));
  student.encoder.hidden = at::ones({1, 3, 4});
  const ModelConfig config = config_of(HeadKind::classification);
  const DistillationOptions states{.weight = 1, .temperature = 1, .state_weight = 3};
  EXPECT_NEAR(distillation_loss(config, student, teacher, at::ones({1, 3}), states).item<double>(), 3, 1e-6);
  teacher.encoder.hidden = at::zeros({1, 3, 8});
  EXPECT_NEAR(distillation_loss(config, student, teacher, at::ones({1, 3}), states).item<double>(), 0, 1e-6);
}

class TeacherFiles : public ::testing::Test {
 protected:
  TemporaryDirectory directory;
  void SetUp() override {
    ModelConfig config = tiny_config();
    config.skim.enabled = false;
    TrainingModel::from_scratch(config, {.seed = 5}).save(directory / "");
  }
  std::string refusal(const ModelConfig& student) const {
    try {
      Teacher::load(directory / "", student, torch::kCPU);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(TeacherFiles, AnswersAsTheStoredModelDoes) {
  const Teacher teacher = Teacher::load(directory / "", tiny_config(), torch::kCPU);
  const LoadedModel stored = load_model(directory / "");
  const PaddedBatch batch{.ids = torch::tensor({{2, 9, 7}}),
                          .type_ids = at::zeros({1, 3}, torch::kInt64),
                          .real = at::ones({1, 3})};
  EXPECT_TRUE(at::equal(teacher.answer(batch).head.logits, stored.model.forward(batch, {}).head.logits));
  EXPECT_FALSE(teacher.answer(batch).head.logits.requires_grad());
}

TEST_F(TeacherFiles, RememberedAnswersAreThoseOfAFreshTeacherToTheLastBit) {
  EncodedDataset data;
  for (std::int32_t example = 0; example < 6; ++example) {
    for (std::int32_t token = 0; token <= 3 * example; ++token)
      data.ids.push_back(5 + (7 * token + example) % 30);
    data.starts.push_back(data.ids.size());
    data.labels.push_back(example % 2);
  }
  data.type_ids.assign(data.ids.size(), 0);
  const ModelConfig student = tiny_config();
  Teacher remembering = Teacher::load(directory / "", student, torch::kCPU);
  for (const Batch& members : {Batch{0, 3, 5}, Batch{1, 2, 4}, Batch{5, 1}, Batch{4, 0, 2, 3}}) {
    const LabelledBatch batch = make_batch(data, members, student, torch::kCPU);
    Teacher fresh = Teacher::load(directory / "", student, torch::kCPU);
    const ModelOutput found = remembering.answer(batch), wanted = fresh.answer(batch.inputs);
    EXPECT_TRUE(at::equal(found.head.logits, wanted.head.logits));
    EXPECT_TRUE(at::equal(found.encoder.hidden.select(1, 0), wanted.encoder.hidden.select(1, 0)));
  }
  const LabelledBatch again = make_batch(data, {5, 1}, student, torch::kCPU);
  if (has_independent_rows()) {
    EXPECT_EQ(remembering.answer(again).encoder.hidden.size(1), 1) << "not computed anew";
  }
}

TEST_F(TeacherFiles, OfAnotherTaskAreRefusedByWhatDiffers) {
  ModelConfig student = tiny_config();
  student.labels.push_back("third");
  EXPECT_THAT(refusal(student), ::testing::HasSubstr("tells 2 labels apart, expected 3"));
  student = tiny_config();
  student.head = HeadKind::question_answering;
  EXPECT_THAT(refusal(student), ::testing::HasSubstr("has head classification, expected question answering"));
  student = tiny_config();
  student.vocab_size = 41;
  EXPECT_THAT(refusal(student), ::testing::HasSubstr("vocabulary of 40, expected the student's, of 41"));
}

}  // namespace
}  // namespace transkimmer::test
