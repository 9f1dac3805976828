// Many inputs: results as they come, how far it is, how fast it is.

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "serving/texts.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

class ClassifierStream : public testing::Test {
 protected:
  ClassifierStream() {
    write_tiny_model(directory_.path(), {.max_tokens = 200});
    classifier_.emplace(Classifier::load(directory_.path(), {.threads = 2}));
  }

  TemporaryDirectory directory_;
  std::optional<Classifier> classifier_;
  std::vector<std::string> texts_ = random_texts(300);
  std::vector<TextInput> inputs_ = inputs_of(texts_);
};

TEST_F(ClassifierStream, HandsOverEveryResultOnceInOrder) {
  const auto expected = classifier_->classify(inputs_, {.trace_tokens = true});
  for (const std::size_t batch_tokens : {std::size_t{1}, std::size_t{100}, std::size_t{4096}, SIZE_MAX}) {
    std::size_t next = 0;
    classifier_->classify(inputs_, {.batch_tokens = batch_tokens, .trace_tokens = true},
                          [&](std::size_t index, const Classification& result) {
                            ASSERT_EQ(index, next++);
                            EXPECT_EQ(result.label, expected[index].label);
                            EXPECT_NEAR(result.score, expected[index].score, 1e-5);
                            EXPECT_EQ(result.tokens.size(), expected[index].tokens.size());
                          });
    EXPECT_EQ(next, inputs_.size());
  }
}

TEST_F(ClassifierStream, TakesAListOfTexts) {
  const auto expected = classifier_->classify({{"flat"}, {"a charming journey"}});
  std::vector<float> scores;
  classifier_->classify({{"flat"}, {"a charming journey"}}, {},
                        [&](std::size_t, const Classification& result) { scores.push_back(result.score); });
  ASSERT_EQ(scores.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(scores[i], expected[i].score, 1e-5);
}

TEST_F(ClassifierStream, TheFirstResultsComeBeforeTheLastInputIsClassified) {
  std::size_t done_at_first_result = 0, done = 0;
  ClassifyOptions options{.batch_tokens = 200};
  options.progress = [&](const ClassifyProgress& progress) { done = progress.done; };
  classifier_->classify(inputs_, options, [&](std::size_t index, const Classification&) {
    if (index == 0) done_at_first_result = done;
  });
  EXPECT_LT(done_at_first_result, inputs_.size() / 2);
  EXPECT_EQ(done, inputs_.size());
}

TEST_F(ClassifierStream, ProgressGrowsToAllInputsAndTheirTokens) {
  std::vector<ClassifyProgress> steps;
  ClassifyOptions options{.batch_tokens = 300, .trace_tokens = true};
  options.progress = [&](const ClassifyProgress& progress) { steps.push_back(progress); };
  std::uint64_t tokens = 0;
  const ClassifyProgress end = classifier_->classify(
      inputs_, options, [&](std::size_t, const Classification& result) { tokens += result.tokens.size(); });
  ASSERT_GT(steps.size(), 3U);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_GT(steps[i].done, steps[i - 1].done);
    EXPECT_GT(steps[i].tokens, steps[i - 1].tokens);
    EXPECT_GE(steps[i].seconds, steps[i - 1].seconds);
  }
  EXPECT_EQ(end.done, inputs_.size());
  EXPECT_EQ(end.total, inputs_.size());
  EXPECT_EQ(end.tokens, tokens);
  EXPECT_DOUBLE_EQ(end.tokens_per_second(), static_cast<double>(tokens) / end.seconds);
  EXPECT_DOUBLE_EQ(end.sequences_per_second(), static_cast<double>(inputs_.size()) / end.seconds);
}

TEST_F(ClassifierStream, NoPassHoldsMoreTokensThanAskedFor) {
  std::uint64_t before = 0;
  ClassifyOptions options{.batch_tokens = 250};
  options.progress = [&](const ClassifyProgress& progress) {
    EXPECT_LE(progress.tokens - before, 250U);
    before = progress.tokens;
  };
  classifier_->classify(inputs_, options);
}

TEST_F(ClassifierStream, AHandlerMayEndTheCall) {
  std::size_t results = 0;
  EXPECT_THROW(classifier_->classify(inputs_, {.batch_tokens = 100},
                                     [&](std::size_t, const Classification&) {
                                       if (++results == 5) throw std::runtime_error("enough");
                                     }),
               std::runtime_error);
  EXPECT_EQ(results, 5U);
  EXPECT_EQ(classifier_->classify(inputs_).size(), inputs_.size()) << "and the classifier is as before";
}

TEST_F(ClassifierStream, NothingToDoTakesNoTime) {
  const ClassifyProgress end =
      classifier_->classify(std::vector<TextInput>{}, {}, [](std::size_t, const Classification&) { FAIL(); });
  EXPECT_EQ(end.done, 0U);
  EXPECT_EQ(end.tokens_per_second(), 0);
}

}  // namespace
}  // namespace transkimmer::test
