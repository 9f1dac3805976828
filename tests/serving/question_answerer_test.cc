// What an answer is, and what it must not depend on.

#include "transkimmer/question_answerer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/texts.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

void expect_same(const std::vector<Answer>& left, const std::vector<Answer>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(left[i].text, right[i].text);
    EXPECT_EQ(left[i].begin, right[i].begin);
    EXPECT_NEAR(left[i].score, right[i].score, 1e-5);
    EXPECT_NEAR(left[i].null_odds, right[i].null_odds, 1e-4);
    EXPECT_EQ(left[i].windows, right[i].windows);
    EXPECT_EQ(left[i].kept_fraction, right[i].kept_fraction);
  }
}

class QuestionAnswererOf : public testing::TestWithParam<std::string> {
 protected:
  QuestionAnswererOf() {
    TinyModel model;
    model.architecture = GetParam();
    model.head = HeadKind::question_answering;
    model.max_tokens = 60;
    write_tiny_model(directory_.path(), model);
    for (std::size_t i = 0; i < contexts_.size(); ++i)
      inputs_.push_back({questions_[i % questions_.size()], contexts_[i]});
  }
  QuestionAnswerer load(int threads = 1) const {
    return QuestionAnswerer::load(directory_.path(), {.threads = threads});
  }

  TemporaryDirectory directory_;
  std::vector<std::string> questions_ = {"a good film ?", "was it flat", "which story was very dull?"};
  std::vector<std::string> contexts_ = random_texts(30);
  std::vector<QuestionInput> inputs_;
};

TEST_P(QuestionAnswererOf, AnswersArePassagesOfTheContext) {
  const auto answers = load().answer(inputs_, {.allow_no_answer = false});
  std::size_t answered = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    EXPECT_EQ(contexts_[i].substr(answer.begin, answer.end - answer.begin), answer.text);
    answered += answer.text.empty() ? 0U : 1U;
    if (answer.candidates.empty()) continue;
    EXPECT_EQ(answer.begin, answer.candidates.front().begin);
    EXPECT_EQ(answer.score, answer.candidates.front().score);
    float sum = 0;
    for (const AnswerCandidate& candidate : answer.candidates) sum += candidate.score;
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  EXPECT_GT(answered, inputs_.size() / 2) << "tests that compare answers need some";
}

TEST_P(QuestionAnswererOf, SaysNoAnswerAboveTheNullThreshold) {
  const QuestionAnswerer answerer = load();
  for (const Answer& plain : answerer.answer(inputs_)) {
    EXPECT_EQ(plain.text.empty(), plain.null_odds > 0 || plain.candidates.size() == 1);
    if (plain.text.empty()) {
      EXPECT_EQ(plain.begin, plain.end);
    }
  }
  for (const Answer& answer : answerer.answer(inputs_, {.null_threshold = -1e9})) EXPECT_EQ(answer.text, "");
}

TEST_P(QuestionAnswererOf, LongContextsAreCutIntoWindows) {
  const QuestionAnswerer answerer = load();
  const std::string& longest =
      *std::max_element(contexts_.begin(), contexts_.end(),
                        [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  EXPECT_GT(answerer.answer("was it flat", longest, {.max_length = 20}).windows, 1U);
  EXPECT_EQ(answerer.answer("was it flat", "a movie").windows, 1U);
}

TEST_P(QuestionAnswererOf, AnswersDoNotDependOnBatchTokens) {
  const QuestionAnswerer answerer = load();
  const auto expected = answerer.answer(inputs_, {.max_length = 24});
  for (const std::size_t batch_tokens : {std::size_t{1}, std::size_t{100}, SIZE_MAX})
    expect_same(answerer.answer(inputs_, {.max_length = 24, .batch_tokens = batch_tokens}), expected);
  std::vector<Answer> one_by_one;
  for (const QuestionInput& input : inputs_)
    one_by_one.push_back(answerer.answer(input.question, input.context, {.max_length = 24}));
  expect_same(one_by_one, expected);
}

TEST_P(QuestionAnswererOf, AnswersDoNotDependOnThreads) {
  const auto expected = load(1).answer(inputs_);
  for (const int threads : {2, 5}) expect_same(load(threads).answer(inputs_), expected);
}

TEST_P(QuestionAnswererOf, SeveralThreadsMayAskAtOnce) {
  const QuestionAnswerer answerer = load(2);
  const auto expected = answerer.answer(inputs_);
  std::vector<std::vector<Answer>> results(4);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results) callers.emplace_back([&] { result = answerer.answer(inputs_); });
  }
  for (const auto& result : results) expect_same(result, expected);
}

TEST_P(QuestionAnswererOf, AnswersAreDecodedFromTheEnginesLogitsOfEveryWindow) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const auto tokenizer = load_tokenizer(directory_.path(), engine.config());
  QaDataset dataset;
  dataset.contexts = {contexts_[4]};
  dataset.examples = {{"id", questions_[1], 0, {}}};
  const QaFeatures features = make_qa_windows(dataset, *tokenizer, {.max_length = 24, .doc_stride = 5}, 1);
  std::vector<std::vector<float>> logits;
  for (std::size_t w = 0; w < features.windows.size(); ++w) {
    RaggedBatch batch;
    batch.add(features.tokens.sequence_ids(w), features.tokens.sequence_type_ids(w));
    logits.push_back(engine.run(batch).logits);
  }
  const QaDecision expected = decode_answers(features, logits, {}).front();
  const Answer answer = load().answer(questions_[1], contexts_[4], {.max_length = 24, .doc_stride = 5});
  EXPECT_EQ(answer.text, answer_text(dataset, 0, expected.answer));
  EXPECT_NEAR(answer.null_odds, expected.null_odds, 1e-4);
  EXPECT_EQ(answer.windows, features.windows.size());
}

TEST_P(QuestionAnswererOf, KeptFractionsFallFromLayerToLayer) {
  const QuestionAnswerer answerer = load();
  double last = 0;
  for (const Answer& answer : answerer.answer(inputs_)) {
    ASSERT_EQ(answer.kept_fraction.size(), static_cast<std::size_t>(answerer.layers()));
    EXPECT_TRUE(std::is_sorted(answer.kept_fraction.rbegin(), answer.kept_fraction.rend()));
    last += answer.kept_fraction.back();
  }
  EXPECT_LT(last, static_cast<double>(inputs_.size())) << "something must be skimmed";
  EXPECT_GT(last, 0);
}

TEST_P(QuestionAnswererOf, LongerWindowsThanTheModelTakesAreAsLongAsItTakes) {
  const QuestionAnswerer answerer = load();
  expect_same(answerer.answer(inputs_, {.max_length = 61}), answerer.answer(inputs_, {.max_length = 60}));
  expect_same(answerer.answer(inputs_, {.max_length = SIZE_MAX}), answerer.answer(inputs_));
}

TEST_P(QuestionAnswererOf, AnEmptyContextHasNoAnswer) {
  for (const char* const context : {"", " \n"}) {
    const Answer answer = load().answer("was it flat", context);
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(answer.score, 1) << "there is nothing else to say";
    EXPECT_EQ(answer.windows, 1U);
  }
}

TEST_P(QuestionAnswererOf, ALongQuestionIsCutAndSaidToBe) {
  const std::string longer(200, '?');
  EXPECT_TRUE(load().answer(longer, "a movie").question_truncated);
  EXPECT_FALSE(load().answer("was it flat", "a movie").question_truncated);
  EXPECT_TRUE(load().answer("was it flat", "a movie", {.max_question_length = 1}).question_truncated);
}

TEST_P(QuestionAnswererOf, OffsetsAreBytesOfAnyText) {
  const std::string context = "flat \xFF\xC3\xA9 journey \xF0\x9F\x8C\x89 movie";
  for (const Answer& answer :
       load().answer({{"movie", context}, {"\xFF", context}}, {.allow_no_answer = false}))
    EXPECT_EQ(context.substr(answer.begin, answer.end - answer.begin), answer.text);
}

INSTANTIATE_TEST_SUITE_P(Architectures, QuestionAnswererOf, testing::ValuesIn(test::every_architecture()),
                         [](const auto& tested) { return test::in_test_name(tested.param); });

TEST(QuestionAnswerer, KeepsEveryTokenOfAQuestionThatTheModelProtects) {
  for (const SkimProtection protection : {SkimProtection::first_token, SkimProtection::question}) {
    const TemporaryDirectory directory;
    write_tiny_model(directory.path(), {.head = HeadKind::question_answering, .protection = protection});
    const QuestionAnswerer answerer =
        QuestionAnswerer::load(directory.path(), {.threads = 1, .skim_threshold = 1e9});
    // [CLS] was it flat [SEP] a movie [SEP]
    const std::size_t kept = protection == SkimProtection::question ? 4 : 1;
    EXPECT_EQ(answerer.answer("was it flat", "a movie").kept_fraction,
              std::vector<float>(3, static_cast<float>(kept) / 8));
  }
}

TEST(QuestionAnswerer, TellsWhatIsReallyInUse) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering});
  const QuestionAnswerer answerer =
      QuestionAnswerer::load(directory.path(), {.threads = 2, .precision = Precision::automatic});
  EXPECT_EQ(answerer.threads(), 2);
  EXPECT_NE(answerer.precision(), Precision::automatic);
  EXPECT_TRUE(answerer.skimming());
}

template <typename Act>
std::string usage_error(const Act& act) {
  try {
    act();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(QuestionAnswererErrors, AClassifierIsRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  EXPECT_EQ(usage_error([&] { QuestionAnswerer::load(directory.path()); }),
            directory.path().string() + " holds a classification model, not a question answering model");
}

TEST(QuestionAnswererErrors, AModelThatHasNoTypeForASecondTextIsRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering, .type_vocab_size = 1});
  EXPECT_EQ(usage_error([&] { QuestionAnswerer::load(directory.path()); }),
            directory.path().string() +
                ": the model takes single texts alone (its type_vocab_size is 1), but a question answering "
                "model takes pairs");
}

TEST(QuestionAnswererErrors, AModelThatComputesNoNumbersIsNamedAndNotTheCaller) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(),
                   {.head = HeadKind::question_answering, .broken_weight = "qa_outputs.bias"});
  const QuestionAnswerer answerer = QuestionAnswerer::load(directory.path());
  try {
    answerer.answer("who?", "a movie");
    FAIL() << "answered";
  } catch (const UsageError& error) {
    FAIL() << "blames the caller: " << error.what();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find(directory.path().string()), 0U);
  }
}

TEST(QuestionAnswererErrors, OptionsOutOfRangeAreRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering});
  const QuestionAnswerer answerer = QuestionAnswerer::load(directory.path());
  const auto error = [&](const AnswerOptions& options) {
    return usage_error([&] { answerer.answer("who?", "a movie", options); });
  };
  EXPECT_EQ(error({.max_length = 20, .doc_stride = 16}),
            "doc_stride 16 leaves no room in windows of max_length 20, expected at most 15");
  EXPECT_EQ(error({.n_best = 0}), "n_best is 0, expected at least 1");
  EXPECT_EQ(error({.max_answer_length = 0}), "max_answer_length is 0, expected at least 1");
  EXPECT_EQ(error({.null_threshold = std::nan("")}), "null_threshold is not a number");
  EXPECT_EQ(error({.batch_tokens = 0}), "batch_tokens is 0, expected at least 1");
  EXPECT_TRUE(answerer.answer(std::vector<QuestionInput>{}).empty());
}

}  // namespace
}  // namespace transkimmer::test
