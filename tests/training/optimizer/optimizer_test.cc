#include "training/optimizer/optimizer.h"

#include <cmath>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>

#include "training/loop/tiny_training.h"

namespace transkimmer::test {
namespace {

constexpr const char* kTable = "embeddings.word_embeddings.weight";

/// Word embeddings [40, 16] of which steps use few rows or, for a masked language model, all.
Parameters table(HeadKind head) {
  ModelConfig config = tiny_config();
  config.head = head;
  Parameters parameters = Parameters::allocate(config.spec(), torch::kCPU);
  torch::NoGradGuard no_gradients;
  torch::manual_seed(2);
  for (const auto& entry : parameters.entries()) entry.value.zero_();
  parameters.at(kTable).normal_(0, 0.05);
  return parameters;
}

struct Step {
  std::vector<std::int64_t> rows;
  Tensor gradient;  ///< [rows, 16]
};

/// Rows below 8 often, below 30 seldom, the last ten never.
std::vector<Step> some_steps(int count) {
  torch::manual_seed(3);
  std::vector<Step> steps;
  for (int i = 0; i < count; ++i) {
    Step step;
    for (std::int64_t row = 0; row < 30; ++row)
      if (at::rand({}).item<double>() < (row < 8 ? 0.5 : 0.01)) step.rows.push_back(row);
    if (step.rows.empty()) step.rows.push_back(0);
    step.gradient = at::randn({static_cast<std::int64_t>(step.rows.size()), 16});
    steps.push_back(step);
  }
  return steps;
}

struct Rule {
  double weight_decay = 0;
  AdamWForm form = AdamWForm::torch;
};

void PrintTo(const Rule& rule, std::ostream* out) {
  *out << name_of(rule.form) << ", decay " << rule.weight_decay;
}

class LateRows : public ::testing::TestWithParam<Rule> {
 protected:
  LateRows()
      : late(table(HeadKind::classification)),
        dense(table(HeadKind::masked_lm)),
        options{.form = GetParam().form, .learning_rate = 1e-3, .weight_decay = GetParam().weight_decay} {}

  void take(const Step& step, AdamW& late_optimizer, AdamW& dense_optimizer, double factor) {
    late.zero_gradients();
    dense.zero_gradients();
    late.entry(kTable).rows->add(step.rows, step.gradient.data_ptr<float>(), /*fixed=*/-1);
    const Tensor all = at::zeros({40, 16});
    all.index_copy_(0, torch::tensor(step.rows), step.gradient);
    dense.at(kTable).mutable_grad() = all;
    EXPECT_NEAR(clip_gradients(late, 1.0), clip_gradients(dense, 1.0), 1e-5);
    dense.at(kTable).mutable_grad().copy_(late.at(kTable).grad());  // whose norms are summed in another order
    late_optimizer.step(factor);
    dense_optimizer.step(factor);
  }

  void expect_equal(const AdamW& late_optimizer, const AdamW& dense_optimizer) {
    const auto find = [](const AdamW& optimizer) {
      for (const auto& slot : optimizer.slots())
        if (slot.entry->spec.name == kTable) return slot;
      throw std::logic_error("there is no such table");
    };
    const AdamW::Slot found = find(late_optimizer), wanted = find(dense_optimizer);
    EXPECT_TRUE(at::equal(late.at(kTable), dense.at(kTable)));
    EXPECT_TRUE(at::equal(found.first_moment, wanted.first_moment));
    EXPECT_TRUE(at::equal(found.second_moment, wanted.second_moment));
  }

  Parameters late, dense;
  AdamWOptions options;
};

TEST_P(LateRows, MakeUpForWhatTheyMissedToTheLastBit) {
  AdamW late_optimizer(late, options), dense_optimizer(dense, options);
  const std::vector<Step> steps = some_steps(600);
  for (std::size_t i = 0; i < steps.size(); ++i)
    take(steps[i], late_optimizer, dense_optimizer, linear_schedule(static_cast<std::int64_t>(i), 40, 600));
  expect_equal(late_optimizer, dense_optimizer);
}

TEST_P(LateRows, AreTheSameHoweverOftenTheyAreRead) {
  AdamW late_optimizer(late, options), dense_optimizer(dense, options);
  const std::vector<Step> steps = some_steps(100);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    take(steps[i], late_optimizer, dense_optimizer, 1.0);
    late.entry(kTable).rows->prepare(std::vector<std::int64_t>{3, 12, 35, 3});
    for (const std::int64_t row : {3, 12, 35})
      EXPECT_TRUE(at::equal(late.at(kTable)[row], dense.at(kTable)[row])) << "step " << i << ", row " << row;
    if (i % 17 == 0) late.prepare_all();
  }
  expect_equal(late_optimizer, dense_optimizer);
}

TEST_P(LateRows, AreUpToDateWhenTheOptimizerIsGone) {
  {
    AdamW late_optimizer(late, options), dense_optimizer(dense, options);
    for (const Step& step : some_steps(50)) take(step, late_optimizer, dense_optimizer, 1.0);
  }
  EXPECT_TRUE(at::equal(late.at(kTable), dense.at(kTable)));
}

TEST_P(LateRows, GoOnFromMomentsThatWereWrittenFromOutside) {
  const std::vector<Step> steps = some_steps(80);
  AdamW dense_optimizer(dense, options);
  for (std::size_t i = 0; i < 40; ++i) {
    AdamW unused(late, options);
    take(steps[i], unused, dense_optimizer, 1.0);
  }
  AdamW resumed(late, options);
  torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < resumed.slots().size(); ++i) {
    const AdamW::Slot &to = resumed.slots()[i], &from = dense_optimizer.slots()[i];
    if (to.entry->spec.name != kTable) continue;
    to.first_moment.copy_(from.first_moment);
    to.second_moment.copy_(from.second_moment);
    to.entry->value.copy_(from.entry->value);
  }
  resumed.set_steps(40);
  for (std::size_t i = 40; i < steps.size(); ++i) take(steps[i], resumed, dense_optimizer, 1.0);
  expect_equal(resumed, dense_optimizer);
}

INSTANTIATE_TEST_SUITE_P(Rules, LateRows,
                         ::testing::Values(Rule{0.0, AdamWForm::torch}, Rule{0.01, AdamWForm::torch},
                                           Rule{0.0, AdamWForm::hf}, Rule{0.01, AdamWForm::hf}));

TEST(AdamW, FormsDifferByWhereEpsilonEnters) {
  // The kernel has its betas as floats, so that 1 - beta2 is off by 1e-5 of itself; the forms are 1e-3 apart.
  constexpr double kRate = 1e-2, epsilon = 1e-2, beta1 = 0.9, beta2 = 0.999;
  for (const AdamWForm form : {AdamWForm::torch, AdamWForm::hf}) {
    Parameters parameters = table(HeadKind::masked_lm);
    AdamW optimizer(parameters, {.form = form, .learning_rate = kRate, .epsilon = epsilon});
    double weight = parameters.at(kTable)[0][0].item<double>(), first = 0, second = 0;
    for (int step = 1; step <= 5; ++step) {
      const double gradient = 0.03 * step;
      parameters.zero_gradients();
      parameters.at(kTable).mutable_grad() = at::full({40, 16}, gradient);
      optimizer.step(1.0);
      first = beta1 * first + (1 - beta1) * gradient;
      second = beta2 * second + (1 - beta2) * gradient * gradient;
      const double mean = first / (1 - std::pow(beta1, step)),
                   correction = std::sqrt(1 - std::pow(beta2, step));
      weight -= form == AdamWForm::torch ? kRate * mean / (std::sqrt(second) / correction + epsilon)
                                         : kRate * mean * correction / (std::sqrt(second) + epsilon);
      EXPECT_NEAR(parameters.at(kTable)[0][0].item<double>(), weight, 1e-6)
          << name_of(form) << ", step " << step;
    }
  }
}

TEST(WordGradients, AreClearedRowByRowAndWhole) {
  const Parameters parameters = table(HeadKind::classification);
  const auto& rows = parameters.entry(kTable).rows;
  const Tensor ones = at::ones({2, 16});
  rows->add(std::vector<std::int64_t>{4, 9}, ones.data_ptr<float>(), /*fixed=*/9);
  EXPECT_TRUE(rows->tracked());
  EXPECT_EQ(rows->used(), std::vector<std::int64_t>{4});
  EXPECT_EQ(at::sum(parameters.at(kTable).grad()).item<double>(), 16);
  parameters.zero_gradients();
  EXPECT_FALSE(parameters.at(kTable).grad().defined());
  rows->add(std::vector<std::int64_t>{5}, ones.data_ptr<float>(), -1);
  parameters.at(kTable).mutable_grad().add_(1);
  EXPECT_FALSE(rows->tracked()) << "somebody else has written the gradient";
  parameters.zero_gradients();
  rows->add(std::vector<std::int64_t>{6}, ones.data_ptr<float>(), -1);
  EXPECT_EQ(at::sum(parameters.at(kTable).grad()).item<double>(), 16);
}

}  // namespace
}  // namespace transkimmer::test
