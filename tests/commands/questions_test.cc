// `evaluate` and `predict` with a question answering model.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const char* const kQuestions = R"({"version":"v2.0","data":[{"title":"Films","paragraphs":[
  {"context":"a charming journey, a very good film with a great ending","qas":[
    {"id":"one","question":"what was great?","is_impossible":false,
     "answers":[{"text":"a great ending","answer_start":42},{"text":"ending","answer_start":50}]},
    {"id":"two","question":"was it flat?","is_impossible":true,"answers":[]}]},
  {"context":"the movie was flat","qas":[
    {"id":"three","question":"what was flat?","is_impossible":false,
     "answers":[{"text":"the movie","answer_start":0}]}]}]}]})";

class Questions : public ::testing::Test {
 protected:
  Questions() {
    write_tiny_model(model(), {.head = HeadKind::question_answering});
    write_file_atomically(path("dev-v2.0.json"), kQuestions);
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string model() const { return path("model"); }
  ProcessResult run(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin() + 1, {"--model", model(), "--threads", "1"});
    return transkimmer(arguments, input);
  }

  TemporaryDirectory directory_;
};

TEST_F(Questions, EvaluateReportsTheOfficialScores) {
  const auto result =
      run({"evaluate", "--task", "squad_v2", "--data-dir", directory_.path().string(), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json report = result.json();
  EXPECT_EQ(report["task"], "squad_v2");
  EXPECT_EQ(report["split"], "dev");
  EXPECT_EQ(report["examples"], 3);
  EXPECT_GE(report["windows"], 3);
  for (const char* const key :
       {"exact", "f1", "total", "HasAns_exact", "HasAns_f1", "HasAns_total", "NoAns_exact", "NoAns_f1",
        "NoAns_total", "best_exact", "best_exact_thresh", "best_f1", "best_f1_thresh"}) {
    EXPECT_TRUE(report["metrics"].contains(key)) << key;
    EXPECT_TRUE(report["dense"]["metrics"].contains(key)) << key;
  }
  EXPECT_EQ(report["metrics"]["HasAns_total"], 2);
  EXPECT_EQ(report["null_threshold"]["used"], 0);
  EXPECT_TRUE(report["null_threshold"]["best_for_f1"].contains("threshold"));
}

TEST_F(Questions, EvaluateTakesTheFileItself) {
  const auto by_task = run({"evaluate", "--task", "squad_v2", "--data-dir", path("dev-v2.0.json"), "--json"});
  ASSERT_EQ(by_task.status, 0) << by_task.err;
  const auto own = run({"evaluate", "--validation-file", path("dev-v2.0.json"), "--json", "--no-compare"});
  ASSERT_EQ(own.status, 0) << own.err;
  EXPECT_EQ(own.json()["metrics"], by_task.json()["metrics"]);
  EXPECT_EQ(own.json()["split"], "dev-v2.0.json");
  EXPECT_FALSE(own.json().contains("dense"));
}

TEST_F(Questions, EvaluateWritesPredictionsAndNullOdds) {
  const auto result = run({"evaluate", "--validation-file", path("dev-v2.0.json"), "--predictions",
                           path("predictions.json"), "--null-odds", path("odds.json"), "--always-answer"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("questions, dev-v2.0.json: 3 examples in "));
  EXPECT_THAT(result.out, HasSubstr("null threshold"));
  const json predictions = json::parse(read_file(path("predictions.json")));
  const json odds = json::parse(read_file(path("odds.json")));
  for (const char* const id : {"one", "two", "three"}) {
    EXPECT_TRUE(predictions.at(id).is_string());
    EXPECT_TRUE(odds.at(id).is_number());
  }
}

TEST_F(Questions, EvaluateAlwaysAnswersWhereEveryQuestionHasAnAnswer) {
  json data = json::parse(kQuestions);
  data["data"][0]["paragraphs"][0]["qas"].erase(1);
  write_file_atomically(path("all.json"), data.dump());
  // Whatever the odds: this threshold asks for silence alone.
  const auto evaluate = [&](const char* file) {
    const auto result = run({"evaluate", "--validation-file", path(file), "--null-threshold", "-1e9",
                             "--predictions", path("predictions.json")});
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(read_file(path("predictions.json")));
  };
  EXPECT_EQ(evaluate("dev-v2.0.json")["one"], "");
  EXPECT_NE(evaluate("all.json")["one"], "");
}

TEST_F(Questions, EvaluateRefusesAFileThatCannotBeWrittenBeforeItWorks) {
  const auto result = run({"evaluate", "--validation-file", path("dev-v2.0.json"), "--predictions",
                           path("none/predictions.json")});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr(path("none/predictions.json")));
}

TEST_F(Questions, EvaluateRefusesFilesOfAnswersForAClassifier) {
  write_tiny_model(path("classifier"));
  const auto result = transkimmer({"evaluate", "--model", path("classifier"), "--task", "sst2", "--data-dir",
                                   path("x"), "--null-odds", path("odds.json")});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "transkimmer: error: --null-odds is for question answering models, but " +
                            path("classifier") + " is a classification model\n");
}

TEST_F(Questions, EvaluateSaysThatQuestionsWereCut) {
  const auto result =
      run({"evaluate", "--validation-file", path("dev-v2.0.json"), "--max-question-length", "1"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err,
              HasSubstr("note: 3 of 3 questions were too long for windows of 64 tokens and have been cut\n"));
}

TEST_F(Questions, EvaluateRefusesModelsOfOtherTasks) {
  const auto result = run({"evaluate", "--task", "sst2", "--data-dir", directory_.path().string()});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "transkimmer: error: " + model() +
                            " is a question answering model, but sst2 is a classification task\n");
  write_tiny_model(path("classifier"));
  const auto other = transkimmer({"evaluate", "--model", path("classifier"), "--task", "squad_v2",
                                  "--data-dir", directory_.path().string()});
  EXPECT_EQ(other.status, 2);
  EXPECT_EQ(other.err, "transkimmer: error: " + path("classifier") +
                           " is a classification model, but squad_v2 is a question answering task\n");
}

TEST_F(Questions, EvaluateNamesTheFaultyQuestion) {
  write_file_atomically(path("bad.json"),
                        R"({"data":[{"paragraphs":[{"context":"a film","qas":[{"id":"x"}]}]}]})");
  const auto result = run({"evaluate", "--validation-file", path("bad.json")});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "transkimmer: error: " + path("bad.json") + ": question 'x' has no key 'question'\n");
}

TEST_F(Questions, PredictAnswersOneQuestion) {
  const auto result =
      run({"predict", "--question", "what was flat?", "--context", "the movie was flat", "--always-answer"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, MatchesRegex("[a-z ]+\t[01]\\.[0-9]{6}\n"));
}

TEST_F(Questions, PredictGivesSpansInBytesAndCharacters) {
  const std::string context = "\xC3\xA9\xE2\x82\xAC the movie was flat";
  const auto result = run({"predict", "--json", "--always-answer"},
                          json{{"question", "what?"}, {"context", context}, {"id", 7}}.dump() + "\n");
  ASSERT_EQ(result.status, 0) << result.err;
  const json answer = result.json();
  EXPECT_EQ(answer["id"], 7);
  const auto begin = answer["begin"].get<std::size_t>();
  const auto end = answer["end"].get<std::size_t>();
  EXPECT_EQ(context.substr(begin, end - begin), answer["answer"]);
  EXPECT_FALSE(answer["answer"].get<std::string>().empty());
  // Two characters of five bytes stand first.
  EXPECT_EQ(answer["end_character"], end - 3);
  EXPECT_EQ(answer["windows"], 1);
  EXPECT_EQ(answer["question_truncated"], false);
  EXPECT_EQ(answer["kept_fraction"].size(), 3U);
}

TEST_F(Questions, PredictCountsCharactersAsPythonDoesWhereBytesAreNoUtf8) {
  const auto result = run({"predict", "--json", "--always-answer"}, "what?\t\x80\x80 the movie was flat\n");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["begin_character"], result.json()["begin"]);
}

TEST_F(Questions, PredictSaysWhichQuestionWasCut) {
  const auto result = run({"predict", "--max-question-length", "12"},
                          "what?\ta film\nwas the movie a good film or a very flat film or dull?\ta film\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out_lines().size(), 2U);
  EXPECT_EQ(result.err, "note: question 2 is too long and has been cut\n");
}

TEST_F(Questions, PredictShowsProgressAndTakesOneSourceOfQuestions) {
  const auto shown = run({"predict", "--progress"}, "what?\ta film\nwas it?\ta film\n");
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.err, HasSubstr("2 questions"));
  const auto both =
      run({"predict", "--question", "what?", "--context", "a film", "--input", path("dev-v2.0.json")});
  EXPECT_EQ(both.status, 2);
  EXPECT_THAT(both.err, HasSubstr("--input"));
}

TEST_F(Questions, PredictReadsLinesOfQuestionAndContext) {
  const auto text = run({"predict"}, "what was flat?\tthe movie was flat\nwas it flat\ta film\n");
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_EQ(text.out_lines().size(), 2U);
  const auto faulty = run({"predict"}, "what?\ta film\nwhat?\n");
  EXPECT_EQ(faulty.status, 1);
  EXPECT_EQ(faulty.out_lines().size(), 1U);
  EXPECT_EQ(
      faulty.err,
      "transkimmer: error: standard input:2: expected a question and its context, separated by a tab\n");
  const auto keyless = run({"predict"}, "{\"question\":\"what?\"}\n");
  EXPECT_EQ(keyless.err, "transkimmer: error: standard input:1: no key 'context'; keys found: 'question'\n");
}

TEST_F(Questions, PredictSaysNoAnswerWithAnEmptyPassage) {
  const auto result =
      run({"predict", "--question", "what?", "--context", "a film", "--null-threshold", "-1e9"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, MatchesRegex("\t[01]\\.[0-9]{6}\n"));
}

TEST_F(Questions, PredictRefusesQuestionsForAClassifier) {
  write_tiny_model(path("classifier"));
  const auto result =
      transkimmer({"predict", "--model", path("classifier"), "--question", "what?", "--context", "a film"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "transkimmer: error: " + path("classifier") +
                            " holds no question answering model, so it takes no --question\n");
  EXPECT_EQ(run({"predict", "--question", "what?"}).status, 2);
}

}  // namespace
}  // namespace transkimmer::test
