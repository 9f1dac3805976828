// What a classification is, and what it must not depend on.

#include "transkimmer/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/texts.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

const std::vector<std::string> three_labels = {"bad", "so-so", "good"};

void expect_same(const Classification& left, const Classification& right) {
  EXPECT_EQ(left.label, right.label);
  EXPECT_EQ(left.label_name, right.label_name);
  EXPECT_NEAR(left.score, right.score, 1e-5);
  ASSERT_EQ(left.probabilities.size(), right.probabilities.size());
  for (std::size_t k = 0; k < left.probabilities.size(); ++k)
    EXPECT_NEAR(left.probabilities[k], right.probabilities[k], 1e-5);
  ASSERT_EQ(left.tokens.size(), right.tokens.size());
  for (std::size_t t = 0; t < left.tokens.size(); ++t) {
    EXPECT_EQ(left.tokens[t].token, right.tokens[t].token);
    EXPECT_EQ(left.tokens[t].skimmed_at, right.tokens[t].skimmed_at);
  }
}

void expect_same(const std::vector<Classification>& left, const std::vector<Classification>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(left[i], right[i]);
  }
}

class ClassifierOf : public testing::TestWithParam<std::string> {
 protected:
  ClassifierOf() {
    TinyModel model;
    model.architecture = GetParam();
    model.labels = three_labels;
    model.max_tokens = 200;
    write_tiny_model(directory_.path(), model);
  }
  Classifier load(int threads = 1) const { return Classifier::load(directory_.path(), {.threads = threads}); }

  TemporaryDirectory directory_;
  std::vector<std::string> texts_ = random_texts(60);
  std::vector<TextInput> inputs_ = inputs_of(texts_);
};

TEST_P(ClassifierOf, ResultsVaryWithTheText) {
  const auto results = load().classify(inputs_);
  const auto [least, most] = std::minmax_element(
      results.begin(), results.end(),
      [](const auto& a, const auto& b) { return a.probabilities[0] < b.probabilities[0]; });
  EXPECT_GT(most->probabilities[0] - least->probabilities[0], 0.05)
      << "tests that compare results need results that differ";
}

TEST_P(ClassifierOf, ResultsDoNotDependOnBatchTokens) {
  const Classifier classifier = load();
  const auto expected = classifier.classify(inputs_, {.trace_tokens = true});
  for (const std::size_t batch_tokens : {std::size_t{1}, std::size_t{100}, SIZE_MAX}) {
    SCOPED_TRACE(batch_tokens);
    expect_same(classifier.classify(inputs_, {.batch_tokens = batch_tokens, .trace_tokens = true}), expected);
  }
}

TEST_P(ClassifierOf, ResultsFollowTheOrderOfTheInputs) {
  const Classifier classifier = load();
  auto expected = classifier.classify(inputs_, {.trace_tokens = true});
  std::reverse(inputs_.begin(), inputs_.end());
  std::reverse(expected.begin(), expected.end());
  expect_same(classifier.classify(inputs_, {.trace_tokens = true}), expected);
}

TEST_P(ClassifierOf, ResultsDoNotDependOnThreads) {
  const auto expected = load(1).classify(inputs_, {.trace_tokens = true});
  for (const int threads : {2, 5})
    expect_same(load(threads).classify(inputs_, {.trace_tokens = true}), expected);
}

TEST_P(ClassifierOf, SeveralThreadsMayClassifyAtOnce) {
  const Classifier classifier = load(2);
  const auto expected = classifier.classify(inputs_, {.trace_tokens = true});
  std::vector<std::vector<Classification>> results(4);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results)
      callers.emplace_back([&] {
        for (int round = 0; round < 3; ++round)
          result = classifier.classify(inputs_, {.batch_tokens = 300, .trace_tokens = true});
      });
  }
  for (const auto& result : results) expect_same(result, expected);
}

TEST_P(ClassifierOf, ProbabilitiesAreTheSoftmaxOfTheEnginesLogits) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const auto tokenizer = load_tokenizer(directory_.path(), engine.config());
  const Classifier classifier = load();
  for (const TextInput& input : inputs_) {
    const EncodeOptions options{.max_length = 200};
    const Encoding encoding = input.text_pair ? tokenizer->encode_pair(input.text, *input.text_pair, options)
                                              : tokenizer->encode(input.text, options);
    RaggedBatch batch;
    batch.add(encoding.ids, encoding.type_ids);
    const std::vector<float> logits = engine.run(batch).logits;
    ASSERT_EQ(logits.size(), 3U);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    const Classification result = classifier.classify({input}).front();
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(result.probabilities[k], std::exp(static_cast<double>(logits[k])) / sum, 1e-5);
    const auto best =
        static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    EXPECT_EQ(result.label, static_cast<int>(best));
    EXPECT_EQ(result.label_name, three_labels[best]);
    EXPECT_EQ(result.score, result.probabilities[best]);
  }
}

TEST_P(ClassifierOf, TheSecondTextCounts) {
  const Classifier dense = Classifier::load(directory_.path(), {.threads = 1, .skimming = false});
  const auto results = dense.classify({{"a flat movie"}, {"a flat movie", "good"}, {"a flat movie", "bad"}});
  EXPECT_NE(results[0].probabilities, results[1].probabilities);
  EXPECT_NE(results[1].probabilities, results[2].probabilities);
}

INSTANTIATE_TEST_SUITE_P(Models, ClassifierOf, testing::ValuesIn(test::every_architecture()),
                         [](const auto& variant) { return in_test_name(variant.param); });

TEST(Classifier, NoInputsGiveNoResults) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  EXPECT_TRUE(Classifier::load(directory.path()).classify(std::vector<TextInput>{}).empty());
}

TEST(Classifier, KnowsItsLabelsAndLayers) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.labels = three_labels, .layers = 4});
  const Classifier classifier = Classifier::load(directory.path());
  EXPECT_EQ(classifier.labels(), three_labels);
  EXPECT_EQ(classifier.layers(), 4);
}

TEST(Classifier, TellsWhatIsReallyInUse) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const Classifier classifier =
      Classifier::load(directory.path(), {.threads = 2, .precision = Precision::automatic});
  EXPECT_EQ(classifier.threads(), 2);
  EXPECT_NE(classifier.precision(), Precision::automatic);
  EXPECT_TRUE(classifier.skimming());
  EXPECT_FALSE(Classifier::load(directory.path(), {.threads = 1, .skimming = false}).skimming());
  write_tiny_model(directory.path(), {.predictor_size = 0});
  EXPECT_FALSE(Classifier::load(directory.path(), {.threads = 1}).skimming());
}

TEST(Classifier, KeepsItsAnswersWhenMoved) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  Classifier first = Classifier::load(directory.path());
  const auto expected = first.classify({{"a charming journey"}});
  Classifier second = std::move(first);
  expect_same(second.classify({{"a charming journey"}}), expected);
}

TEST(Classifier, RegressionGivesTheLogitItself) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::regression, .labels = {"similarity"}});
  const Engine engine = Engine::load(directory.path(), {.threads = 1});
  const Encoding encoding =
      load_tokenizer(directory.path(), engine.config())->encode_pair("a flat movie", "a dull film");
  RaggedBatch batch;
  batch.add(encoding.ids, encoding.type_ids);
  const Classifier classifier = Classifier::load(directory.path(), {.threads = 1});
  const Classification result = classifier.classify({{"a flat movie", "a dull film"}}).front();
  EXPECT_NEAR(result.score, engine.run(batch).logits.front(), 1e-5);
  EXPECT_EQ(result.label, 0);
  EXPECT_EQ(result.label_name, "");
  EXPECT_TRUE(result.probabilities.empty());
  EXPECT_EQ(classifier.labels().size(), 1U);
}

}  // namespace
}  // namespace transkimmer::test
