#include "evaluation/evaluate_questions.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Questions about two contexts, one of which takes several windows of 24 tokens.
QaDataset questions() {
  QaDataset dataset;
  dataset.contexts = {"a charming journey, a very good film with a great ending and a dull story it was not",
                      "the movie was flat"};
  dataset.examples = {{"first", "was it flat?", 0, {}},
                      {"second", "what was great?", 0, {{"great ending", 44}, {"a great ending", 42}}},
                      {"third", "what was flat?", 1, {{"the movie", 0}}},
                      {"fourth", "who was it?", 1, {}}};
  return dataset;
}

class EvaluateQuestions : public testing::Test {
 protected:
  EvaluateQuestions() {
    test::TinyModel model;
    model.head = HeadKind::question_answering;
    const ModelConfig config = test::write_tiny_model(directory_.path(), model);
    const auto tokenizer = load_tokenizer(directory_.path(), config);
    features_ = make_qa_windows(dataset_, *tokenizer, {.max_length = 24, .doc_stride = 5}, 1);
  }
  Engine load(bool skimming = true) const {
    EngineOptions options;
    options.threads = 1;
    options.skimming = skimming;
    return Engine::load(directory_.path(), options);
  }

  test::TemporaryDirectory directory_;
  QaDataset dataset_ = questions();
  QaFeatures features_;
};

TEST_F(EvaluateQuestions, AnswersFromTheLogitsOfEachWindowAlone) {
  const Engine engine = load();
  const QuestionEvaluation result = evaluate_questions(engine, nullptr, dataset_, features_, {}, {});
  std::vector<std::vector<float>> logits;
  for (std::size_t w = 0; w < features_.windows.size(); ++w) {
    RaggedBatch batch;
    batch.add(features_.tokens.sequence_ids(w), features_.tokens.sequence_type_ids(w));
    logits.push_back(engine.run(batch).logits);
    ASSERT_EQ(result.evaluation.run.token_logits[w].size(), logits.back().size());
    for (std::size_t i = 0; i < logits.back().size(); ++i)
      EXPECT_NEAR(result.evaluation.run.token_logits[w][i], logits.back()[i], 1e-4);
  }
  const auto expected = decode_answers(features_, logits, {});
  ASSERT_EQ(result.decisions.size(), 4U);
  for (std::size_t e = 0; e < expected.size(); ++e) {
    EXPECT_EQ(result.decisions[e].answer.range, expected[e].answer.range);
    EXPECT_NEAR(result.decisions[e].null_odds, expected[e].null_odds, 1e-4);
  }
}

TEST_F(EvaluateQuestions, CountsQuestionsAndTheirWindows) {
  const QuestionEvaluation result = evaluate_questions(load(), nullptr, dataset_, features_, {}, {});
  EXPECT_EQ(result.evaluation.examples, 4U);
  EXPECT_EQ(result.evaluation.windows, features_.windows.size());
  EXPECT_GT(result.evaluation.windows, 4U);
  EXPECT_EQ(result.evaluation.tokens, features_.tokens.ids.size());
  EXPECT_LT(result.evaluation.kept_fraction(), 1.0);
}

TEST_F(EvaluateQuestions, ScoresSkimmedAndDenseAsTheOfficialScript) {
  const Engine dense = load(false);
  const QuestionEvaluation result = evaluate_questions(load(), &dense, dataset_, features_, {}, {});
  const QuestionEvaluation of_dense = evaluate_questions(dense, nullptr, dataset_, features_, {}, {});
  EXPECT_EQ(result.evaluation.scores, squad_scores(answered_questions(dataset_, result.decisions)));
  EXPECT_EQ(result.evaluation.dense_scores, of_dense.evaluation.scores);
  EXPECT_EQ(result.evaluation.scores.at("total"), 4.0);
  EXPECT_EQ(result.evaluation.scores.at("HasAns_total"), 2.0);
}

TEST_F(EvaluateQuestions, WithoutAnswersScoreNothing) {
  dataset_.labelled = false;
  for (QaExample& example : dataset_.examples) example.answers.clear();
  const QuestionEvaluation result = evaluate_questions(load(), nullptr, dataset_, features_, {}, {});
  EXPECT_TRUE(result.evaluation.scores.empty());
  EXPECT_FALSE(result.null_threshold);
  EXPECT_EQ(result.decisions.size(), 4U);
}

TEST_F(EvaluateQuestions, KeepsTheQuestionWhereTheModelProtectsIt) {
  ModelConfig config = ModelConfig::load(directory_.path());
  config.skim.protection = SkimProtection::question;
  config.skim.threshold = 1e9;
  config.save(directory_.path());
  const QuestionEvaluation result = evaluate_questions(load(), nullptr, dataset_, features_, {}, {});
  std::uint64_t questions = 0;
  for (const QaWindow& window : features_.windows) questions += window.question_end;
  EXPECT_EQ(result.evaluation.run.kept, std::vector<std::uint64_t>(3, questions));
}

TEST_F(EvaluateQuestions, RefusesOtherModelsAndOtherData) {
  const test::TemporaryDirectory other;
  test::write_tiny_model(other.path());
  const Engine classifier = Engine::load(other.path(), {.threads = 1});
  EXPECT_THROW(evaluate_questions(classifier, nullptr, dataset_, features_, {}, {}), UsageError);
  dataset_.examples.pop_back();
  EXPECT_THROW(evaluate_questions(load(), nullptr, dataset_, features_, {}, {}), UsageError);
}

/// Decisions whose best passages and null odds are these.
std::vector<QaDecision> decisions_of(const std::vector<std::pair<ByteRange, double>>& passages) {
  std::vector<QaDecision> decisions;
  for (const auto& [range, null_odds] : passages) {
    QaDecision& decision = decisions.emplace_back();
    decision.best_passage.range = range;
    decision.best_passage.null = false;
    decision.null_odds = null_odds;
    if (null_odds <= 0) decision.answer = decision.best_passage;
  }
  return decisions;
}

TEST(NullThresholdSearch, AnswersWithTheBestPassagesWhateverWasDecided) {
  // Right at odds 3, wrong (unanswerable) at 5 and 9, "movie was" for "the movie" at 1: best is to answer up
  // to 3.
  const auto decisions = decisions_of({{{0, 1}, 5}, {{44, 56}, 3}, {{4, 13}, 1}, {{0, 3}, 9}});
  const NullThresholdSearch search = search_null_threshold(questions(), decisions);
  EXPECT_EQ(search.exact.threshold, 3.0);
  EXPECT_EQ(search.exact.score, 75.0);
  EXPECT_EQ(search.f1.threshold, 3.0);
  EXPECT_DOUBLE_EQ(search.f1.score, 100.0 * (3 + 2.0 / 3) / 4);
}

TEST(NullThresholdSearch, LiesBelowAllOddsWhereSilenceIsBest) {
  // Only the unanswerable ones are told from nothing: whoever answers the first one answers wrongly.
  const auto decisions = decisions_of({{{0, 1}, -2}, {{0, 1}, 3}, {{0, 1}, 1}, {{0, 3}, 9}});
  const NullThresholdSearch search = search_null_threshold(questions(), decisions);
  EXPECT_EQ(search.exact.score, 50.0);
  EXPECT_LT(search.exact.threshold, -2.0);
  EXPECT_LT(search.f1.threshold, -2.0);
}

TEST(WritePredictions, InTheOfficialFormAndTheOrderOfTheFile) {
  const test::TemporaryDirectory directory;
  QaDataset dataset = questions();
  dataset.examples[1].id = "se\"cond";
  const auto decisions = decisions_of({{{0, 1}, 5}, {{44, 56}, -3.5}, {{4, 9}, 0}, {{0, 3}, 9}});
  write_predictions(directory / "predictions.json", dataset, decisions);
  write_null_odds(directory / "null_odds.json", dataset, decisions);
  EXPECT_EQ(read_file(directory / "predictions.json"),
            "{\n    \"first\": \"\",\n    \"se\\\"cond\": \"great ending\",\n    \"third\": \"movie\",\n"
            "    \"fourth\": \"\"\n}\n");
  EXPECT_EQ(
      read_file(directory / "null_odds.json"),
      "{\n    \"first\": 5.0,\n    \"se\\\"cond\": -3.5,\n    \"third\": 0.0,\n    \"fourth\": 9.0\n}\n");
  EXPECT_THROW(write_predictions(directory / "none/predictions.json", dataset, decisions), IoError);
}

}  // namespace
}  // namespace transkimmer
