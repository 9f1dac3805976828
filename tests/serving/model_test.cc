// One loaded model, and what several classes make of it.

#include "transkimmer/model.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

TEST(Model, ServesSeveralThresholdsAndDenseAtOnce) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.labels = {"bad", "good"}});
  const Model model = Model::load(directory.path(), {.threads = 1});
  const Classifier usual(model), hasty(model.at_threshold(1e9)), dense(model.without_skimming());
  const TextInput input{"a charming and often affecting journey"};
  const auto kept = [&](const Classifier& one) { return one.classify({input}).front().kept_fraction.back(); };
  EXPECT_EQ(kept(dense), 1);
  EXPECT_LT(kept(hasty), kept(usual));
  EXPECT_FALSE(dense.skimming());
  EXPECT_EQ(Classifier::load(directory.path(), {.threads = 1}).classify({input}).front().score,
            usual.classify({input}).front().score);
}

struct Served {
  HeadKind head;
  std::vector<std::string> labels;
  std::string_view task;
};

class ModelOf : public testing::TestWithParam<Served> {};

INSTANTIATE_TEST_SUITE_P(
    EveryHead, ModelOf,
    testing::Values(Served{HeadKind::none, {}, "feature-extraction"},
                    Served{HeadKind::classification, {"bad", "good"}, "text-classification"},
                    Served{HeadKind::regression, {"LABEL_0"}, "text-classification"},
                    Served{HeadKind::question_answering, {}, "question-answering"},
                    Served{HeadKind::token_classification, {"O", "B-PER"}, "token-classification"},
                    Served{HeadKind::masked_lm, {}, "fill-mask"}));

TEST_P(ModelOf, TellsWhatItAnswers) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = GetParam().head, .labels = GetParam().labels, .layers = 2});
  const Model model = Model::load(directory.path(), {.threads = 1});
  EXPECT_EQ(model.task(), GetParam().task);
  EXPECT_EQ(model.labels(), GetParam().labels);
  EXPECT_EQ(model.layers(), 2);
  EXPECT_TRUE(model.skimming());
  EXPECT_FALSE(model.without_skimming().skimming());
}

TEST(Model, ThatEmbedsExtractsFeatures) {
  EXPECT_EQ(Model::load(golden_path("sentence_transformers/mean"), {.threads = 1}).task(),
            "feature-extraction");
}

}  // namespace
}  // namespace transkimmer::test
