// Masks of models that protect no token.

#include "training/skimming/skim_masks.h"

#include <vector>

#include <gtest/gtest.h>

#include "training/loop/tiny_training.h"
#include "training/network/losses.h"
#include "training/objectives/batching.h"

namespace transkimmer::test {
namespace {

ModelConfig unprotected_config(HeadKind head) {
  ModelConfig config = tiny_config();
  config.head = head;
  if (head == HeadKind::question_answering) config.labels = {"start", "end"};
  config.skim.protection = SkimProtection::none;
  return config;
}

/// Two texts of 4 and 3 tokens.
Tensor two_texts() {
  Tensor real = at::ones({2, 4});
  real[1][3] = 0;
  return real;
}

Tensor decisions_of(const std::vector<float>& values) {
  return torch::tensor(values).view({2, 4}).set_requires_grad(true);
}

TEST(SkimMasks, OfATextThatIsDoneAreZero) {
  SkimMasks masks(unprotected_config(HeadKind::classification).spec(), two_texts());
  masks.decide(decisions_of({1, 0, 1, 1, 1, 1, 1, 1}));
  EXPECT_TRUE(at::equal(masks.kept(), at::tensor({1, 0, 1, 1, 1, 1, 1, 1}).view({2, 4}).to(at::kFloat)));
  masks.decide(decisions_of({0, 1, 1, 1, 1, 1, 0, 1}));
  EXPECT_TRUE(at::equal(masks.kept(), at::tensor({0, 0, 0, 0, 1, 1, 0, 1}).view({2, 4}).to(at::kFloat)));
  EXPECT_TRUE(at::equal(masks.keys(), at::tensor({1, 0, 1, 1, 1, 1, 0, 1}).view({2, 4}).to(at::kFloat)))
      << "as if the first token had stayed";
  masks.decide(decisions_of({1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(at::sum(masks.kept()[0]).item<float>(), 0) << "who is done stays away";
}

TEST(SkimMasks, TellTheFirstTokensGateWhatTheWholeTextSaves) {
  SkimMasks masks(unprotected_config(HeadKind::classification).spec(), two_texts());
  const Tensor decisions = decisions_of({1, 0, 1, 1, 0, 1, 0, 1});
  masks.decide(decisions);
  at::sum(masks.kept() * two_texts()).backward();
  EXPECT_TRUE(at::equal(decisions.grad(),
                        at::tensor({3, 1, 1, 1, /*text 2: */ 2, 0, 0, 0}).view({2, 4}).to(at::kFloat)));
}

TEST(SkimMasks, OfHeadsThatReadEveryTokenSkimTheFirstAlone) {
  SkimMasks masks(unprotected_config(HeadKind::question_answering).spec(), two_texts());
  masks.decide(decisions_of({0, 0, 1, 1, 0, 0, 0, 1}));
  EXPECT_TRUE(at::equal(masks.kept(), at::tensor({0, 0, 1, 1, 0, 0, 0, 1}).view({2, 4}).to(at::kFloat)));
  EXPECT_TRUE(at::equal(masks.keys()[0], masks.kept()[0]));
  EXPECT_TRUE(at::equal(masks.keys()[1], at::ones({4}))) << "padding is not what is left of a text";
}

/// Everything leaves in layer 0, or in a later one for what noise has kept.
TEST(SkimMasks, ThatLeaveNothingHaveFiniteGradients) {
  for (const HeadKind head : {HeadKind::classification, HeadKind::question_answering})
    for (const bool padded : {true, false})
      for (const double threshold : {9.0, 11.0, 1e9}) {
        ModelConfig config = unprotected_config(head);
        config.skim.threshold = threshold;
        const TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
        LabelledBatch batch = make_batch(tiny_dataset(6, 4), {0, 1, 2, 3, 4, 5}, config, torch::kCPU);
        batch.targets.starts = batch.targets.ends = at::ones({6}, torch::kInt64);
        for (const std::int64_t delay : {std::int64_t{0}, std::int64_t{1}, kEveryLayer}) {
          model.parameters().zero_gradients();
          ForwardOptions options{.training = true, .seed = 5};
          options.padded = padded;
          options.removal_delay = delay;
          const ModelOutput output = model.forward(batch.inputs, options);
          (task_loss(config, output.head.logits, batch.targets, batch.inputs.real) +
           skim_loss(output.encoder.skim_masks, batch.inputs.real, SkimSemantics::removal))
              .backward();
          for (const auto& entry : model.parameters().entries())
            if (entry.value.grad().defined()) {
              EXPECT_TRUE(at::isfinite(entry.value.grad()).all().item<bool>()) << entry.spec.name;
            }
          if (threshold == 1e9) {
            EXPECT_EQ(at::sum(output.encoder.skim_masks[0]).item<float>(), 0);
          }
        }
      }
}

}  // namespace
}  // namespace transkimmer::test
