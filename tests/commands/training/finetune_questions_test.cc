#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

/// Questions in SQuAD's form about contexts of random words: the answer is the word "journey", and there is
/// none where the context lacks it.
json questions(std::size_t count, std::uint64_t seed) {
  constexpr const char* kWords[] = {"charming", "flat", "movie", "film", "good", "dull", "great", "story"};
  std::mt19937_64 random(seed);
  json paragraphs = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const bool answerable = random() % 4 != 0;
    const std::size_t place = random() % 6;
    std::string context;
    json answers = json::array();
    for (std::size_t word = 0; word < 6; ++word) {
      if (word > 0) context += ' ';
      const bool here = answerable && word == place;
      if (here) answers.push_back({{"text", "journey"}, {"answer_start", context.size()}});
      context += here ? "journey" : kWords[random() % std::size(kWords)];
    }
    paragraphs.push_back({{"context", context},
                          {"qas",
                           {{{"id", std::to_string(i)},
                             {"question", "a good film"},
                             {"is_impossible", !answerable},
                             {"answers", answers}}}}});
  }
  return {{"version", "v2.0"}, {"data", {{{"title", "words"}, {"paragraphs", paragraphs}}}}};
}

/// `transkimmer finetune --task squad_v2` on 160 such questions.
class FinetuneQuestions : public ::testing::Test {
 protected:
  FinetuneQuestions() {
    std::filesystem::create_directory(reviews_.path("squad2"));
    reviews_.write("squad2/train-v2.0.json", questions(160, 1).dump());
    reviews_.write("squad2/dev-v2.0.json", questions(60, 2).dump());
  }
  ProcessResult run(Arguments first, const Arguments& more) const {
    first.insert(first.end(), {"--threads", "1"});
    first.insert(first.end(), more.begin(), more.end());
    return transkimmer(first);
  }
  ProcessResult finetune(const Arguments& more) const {
    return run({"finetune", "--task", "squad_v2", "--model", reviews_.path("model"), "--output-dir",
                reviews_.path("out"), "--learning-rate", "0.005", "--per-device-train-batch-size", "8"},
               more);
  }

  Reviews reviews_;
};

TEST_F(FinetuneQuestions, LearnsToFindAnswersAndEvaluateRemovesWithTheSameScores) {
  const ProcessResult trained = finetune(
      {"--data-dir", reviews_.path(""), "--num-train-epochs", "6", "--skim-coefficient", "0.2", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const json best = trained.json()["best"];
  EXPECT_EQ(best["metric"], "f1");
  EXPECT_GT(best["score"], 90) << trained.err;
  const ProcessResult evaluated = run(
      {"evaluate", "--model", reviews_.path("out"), "--task", "squad_v2", "--data-dir", reviews_.path("")},
      {"--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_DOUBLE_EQ(evaluated.json()["metrics"]["f1"], best["score"]);
  EXPECT_NEAR(evaluated.json()["skimming"]["kept_fraction"], best["kept_fraction"], 1e-9);
  EXPECT_EQ(reviews_.json_file("out/config.json")["architectures"],
            json::array({"BertForQuestionAnswering"}));
}

TEST_F(FinetuneQuestions, ReadsOwnFilesAndProtectsTheQuestion) {
  const ProcessResult trained =
      finetune({"--train-file", reviews_.path("squad2/train-v2.0.json"), "--validation-file",
                reviews_.path("squad2/dev-v2.0.json"), "--max-steps", "3", "--protect", "question",
                "--max-train-samples", "40"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("squad_v2: 38 training examples in 38 windows ("));
  EXPECT_EQ(reviews_.json_file("out/config.json")["transkimmer"]["protect"], "question");
}

TEST_F(FinetuneQuestions, DoesNotResumeWithOtherAnswersToTheSameQuestions) {
  const Arguments options = {"--data-dir", reviews_.path(""), "--max-steps", "2"};
  ASSERT_EQ(finetune(options).status, 0);
  json other = questions(160, 1);
  for (json& paragraph : other["data"][0]["paragraphs"])
    for (json& question : paragraph["qas"])
      question["answers"] = json::array(), question["is_impossible"] = true;
  reviews_.write("squad2/train-v2.0.json", other.dump());
  Arguments resuming = options;
  resuming.emplace_back("--resume");
  const ProcessResult result = finetune(resuming);
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("this run had training data "));
}

TEST_F(FinetuneQuestions, ChoosesWeightsByTheScoreThatIsNamed) {
  const Arguments options = {"--data-dir", reviews_.path(""), "--max-steps", "2", "--json"};
  Arguments named = options;
  named.insert(named.end(), {"--metric-for-best-model", "exact"});
  const ProcessResult trained = finetune(named);
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(trained.json()["best"]["metric"], "exact");
  named.back() = "accuracy";
  named.emplace_back("--overwrite-output-dir");
  EXPECT_THAT(finetune(named).err,
              HasSubstr("--metric-for-best-model is 'accuracy', expected one of f1, exact, best_f1"));
}

TEST_F(FinetuneQuestions, TakesItsDevSplitFromTheValidationFileAlone) {
  std::filesystem::rename(reviews_.path("squad2/dev-v2.0.json"), reviews_.path("other.json"));
  const ProcessResult trained = finetune({"--data-dir", reviews_.path(""), "--validation-file",
                                          reviews_.path("other.json"), "--max-steps", "1"});
  EXPECT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr(", 60 for validation"));
}

TEST_F(FinetuneQuestions, SaysWhatItCannotLearnFrom) {
  EXPECT_THAT(
      finetune({"--data-dir", reviews_.path("squad2/train-v2.0.json")}).err,
      HasSubstr("--data-dir is a file, which would be learnt and validated alike; expected a folder"));
  EXPECT_THAT(
      finetune({"--data-dir", reviews_.path(""), "--train-file", reviews_.path("squad2/dev-v2.0.json")}).err,
      HasSubstr("say where the questions are: either --data-dir, or --train-file"));
  json unanswered = questions(3, 1);
  for (json& paragraph : unanswered["data"][0]["paragraphs"])
    for (json& question : paragraph["qas"]) question.erase("answers"), question.erase("is_impossible");
  reviews_.write("unanswered.json", unanswered.dump());
  const ProcessResult result = finetune({"--train-file", reviews_.path("unanswered.json")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("unanswered.json: has no answers to learn from"));
}

TEST_F(FinetuneQuestions, ATeacherMakesItselfSkimFromQuestionsWithoutAnswers) {
  const ProcessResult dense =
      finetune({"--data-dir", reviews_.path(""), "--num-train-epochs", "6", "--no-skimming"});
  ASSERT_EQ(dense.status, 0) << dense.err;
  json unanswered = questions(160, 1);
  for (json& paragraph : unanswered["data"][0]["paragraphs"])
    for (json& question : paragraph["qas"])
      question = {{"id", question["id"]}, {"question", question["question"]}};
  reviews_.write("questions.json", unanswered.dump());
  json others = questions(20, 3);
  for (json& paragraph : others["data"][0]["paragraphs"])
    for (json& question : paragraph["qas"]) question["id"] = "other " + question["id"].get<std::string>();
  reviews_.write("others.json", others.dump());
  const ProcessResult skims =
      run({"finetune", "--unlabelled", reviews_.path("questions.json"), reviews_.path("others.json"),
           "--teacher", reviews_.path("out"), "--output-dir", reviews_.path("skims"), "--validation-file",
           reviews_.path("squad2/dev-v2.0.json"), "--learning-rate", "0.002", "--per-device-train-batch-size",
           "8", "--target-compute", "0.7", "--skim-predictor-size", "4", "--json"},
          {"--num-train-epochs", "6"});
  ASSERT_EQ(skims.status, 0) << skims.err;
  EXPECT_EQ(skims.json()["task"], "questions.json");
  EXPECT_EQ(skims.json()["train_examples"], 171) << "nine of 180 are held back";
  EXPECT_GT(skims.json()["best"]["score"], 80) << skims.err;
  EXPECT_LT(skims.json()["best"]["compute_share"], 0.75);
}

}  // namespace
}  // namespace transkimmer::test
