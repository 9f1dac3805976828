// Heads that read whole texts and are no single class: finetune, evaluate and predict from end to end.

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
using ::testing::MatchesRegex;
using Arguments = std::vector<std::string>;

class FinetuneHeads : public ::testing::Test {
 protected:
  /// Two words decide each by itself: "good" and "film".
  void write_sets() const {
    const std::vector<std::string> texts = {"a good film", "a good story", "a flat film", "a flat story"};
    const std::vector<json> sets = {json::array({"praise", "cinema"}), json::array({"praise"}),
                                    json::array({"cinema"}), json::array()};
    std::string lines, table = "text,label\n";
    for (std::size_t i = 0; i < 48; ++i) {
      lines += json{{"text", texts[i % 4]}, {"label", sets[i % 4]}}.dump() + "\n";
      std::string names;
      for (const json& name : sets[i % 4]) names += (names.empty() ? "" : ", ") + name.get<std::string>();
      table += texts[i % 4] + ",\"" + names + "\"\n";
    }
    reviews_.write("sets.jsonl", lines);
    reviews_.write("sets.csv", table);
  }
  void write_queries() const {
    std::string lines;
    for (int i = 0; i < 12; ++i)
      lines += json{{"query", i % 2 == 0 ? "what was it" : "is it a film"},
                    {"positive", {"a good film", "a good story"}},
                    {"negative", {"a flat film", "a flat story", "a dull journey"}}}
                   .dump() +
               "\n";
    reviews_.write("queries.jsonl", lines);
  }
  ProcessResult finetune(const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",        "--output-dir", reviews_.path(output),           "--threads", "1",
                     "--learning-rate", "0.005",        "--per-device-train-batch-size", "8"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all);
  }
  /// Of the named model of the directory.
  ProcessResult run(const std::string& command, const std::string& model, const Arguments& more,
                    const std::string& input = {}) const {
    Arguments all = {command, "--model", reviews_.path(model), "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all, input);
  }
  Arguments learn_sets(const std::string& file) const {
    return {"--train-file",
            reviews_.path(file),
            "--validation-file",
            reviews_.path("sets.jsonl"),
            "--model",
            reviews_.path("model"),
            "--skim-coefficient",
            "0.05",
            "--num-train-epochs",
            "8",
            "--multi-label",
            "--json",
            "--skim-predictor-size",
            "4"};
  }
  Arguments learn_queries() const {
    return {"--head",
            "reranker",
            "--train-file",
            reviews_.path("queries.jsonl"),
            "--validation-file",
            reviews_.path("queries.jsonl"),
            "--model",
            reviews_.path("model"),
            "--skim-coefficient",
            "0.1",
            "--num-train-epochs",
            "6",
            "--json",
            "--skim-predictor-size",
            "4"};
  }

  Reviews reviews_;
};

TEST_F(FinetuneHeads, SetsOfLabelsAreLearntScoredAndPredicted) {
  write_sets();
  const ProcessResult result = finetune("out", learn_sets("sets.jsonl"));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["best"]["metric"], "f1_micro");
  EXPECT_GE(result.json()["best"]["score"], 0.95) << result.err;
  EXPECT_EQ(reviews_.json_file("out/config.json")["problem_type"], "multi_label_classification");
  EXPECT_EQ(reviews_.json_file("out/config.json")["id2label"], (json{{"0", "cinema"}, {"1", "praise"}}));

  const json scores =
      run("evaluate", "out", {"--validation-file", reviews_.path("sets.csv"), "--json"}).json()["metrics"];
  EXPECT_NEAR(scores["f1_micro"].get<double>(), result.json()["best"]["score"].get<double>(), 1e-9)
      << "masked in training, removed here";
  EXPECT_TRUE(scores.contains("f1_macro") && scores.contains("accuracy"));

  const std::string texts = "a good film\na flat story\na good story\n";
  EXPECT_EQ(run("predict", "out", {}, texts).out, "cinema\tpraise\n\npraise\n");
  const json first = json::parse(run("predict", "out", {"--json"}, texts).out_lines().front());
  EXPECT_EQ(first["labels"], (json{"cinema", "praise"}));
  EXPECT_GT(first["scores"]["praise"], 0.5);
  EXPECT_FALSE(first.contains("label"));
}

TEST_F(FinetuneHeads, SetsInATableAreThoseOfJsonLines) {
  write_sets();
  const ProcessResult lines = finetune("lines", learn_sets("sets.jsonl"));
  const ProcessResult table = finetune("table", learn_sets("sets.csv"));
  ASSERT_EQ(table.status, 0) << table.err;
  EXPECT_EQ(lines.json()["best"], table.json()["best"]);
}

TEST_F(FinetuneHeads, AMultiLabelTeacherNeedsNoLabels) {
  write_sets();
  Arguments dense = learn_sets("sets.jsonl");
  dense[6] = "--no-skimming";
  dense.erase(dense.begin() + 7);
  dense.resize(dense.size() - 2);  // the size of predictors
  ASSERT_EQ(finetune("dense", dense).status, 0);
  reviews_.write("texts.txt", "a good film\na flat story\na good story\na flat film\n");
  const ProcessResult result =
      finetune("taught", {"--unlabelled", reviews_.path("texts.txt"), "--teacher", reviews_.path("dense"),
                          "--validation-file", reviews_.path("sets.jsonl"), "--skim-coefficient", "0.05",
                          "--num-train-epochs", "12", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_GE(result.json()["best"]["score"], 0.9) << result.err;
}

TEST_F(FinetuneHeads, ARerankerIsLearntScoredAndPredicts) {
  write_queries();
  Arguments arguments = learn_queries();
  arguments.insert(arguments.end(), {"--protect", "question"});
  const ProcessResult result = finetune("out", arguments);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["best"]["metric"], "ndcg@10");
  EXPECT_GE(result.json()["best"]["score"], 0.95) << result.err;
  EXPECT_EQ(reviews_.json_file("out/config.json")["sentence_transformers"]["activation_fn"],
            "torch.nn.modules.activation.Sigmoid");

  const json scores = run("evaluate", "out", {"--validation-file", reviews_.path("queries.jsonl"), "--json"})
                          .json()["metrics"];
  EXPECT_NEAR(scores["ndcg@10"].get<double>(), result.json()["best"]["score"].get<double>(), 1e-9)
      << "masked in training, removed here";
  EXPECT_TRUE(scores.contains("mrr@10") && scores.contains("map"));

  const ProcessResult answers =
      run("predict", "out", {}, "what was it\ta good film\nwhat was it\ta flat film\n");
  ASSERT_EQ(answers.status, 0) << answers.err;
  ASSERT_EQ(answers.out_lines().size(), 2U);
  EXPECT_GT(std::stod(answers.out_lines()[0]), std::stod(answers.out_lines()[1]));
  const json object =
      json::parse(run("predict", "out", {"--json"}, "what was it\ta good film\n").out_lines().front());
  EXPECT_GT(object["score"], 0);
  EXPECT_LT(object["score"], 1);
  EXPECT_EQ(run("predict", "out", {}, "no pair\n").status, 2);
}

/// Trains a dense model as `learn` says, then a skimmed one that it teaches towards part of the arithmetic.
struct TaughtCase {
  std::string name;
  std::string metric;
  friend std::ostream& operator<<(std::ostream& out, const TaughtCase& tested) { return out << tested.name; }
};

class TaughtHeads : public FinetuneHeads, public ::testing::WithParamInterface<TaughtCase> {
 protected:
  /// --train-file and what goes with it.
  Arguments data() const {
    const bool sets = GetParam().name == "MultiLabel";
    const std::string file = reviews_.path(sets ? "sets.jsonl" : "queries.jsonl");
    Arguments all = sets ? Arguments{"--multi-label"} : Arguments{"--head", "reranker"};
    all.insert(all.end(), {"--train-file", file, "--validation-file", file, "--json"});
    return all;
  }
  ProcessResult train(const std::string& model, const std::string& output, const Arguments& more) const {
    Arguments all = data();
    all.insert(all.end(), {"--model", reviews_.path(model)});
    all.insert(all.end(), more.begin(), more.end());
    return finetune(output, all);
  }
};

INSTANTIATE_TEST_SUITE_P(Heads, TaughtHeads,
                         testing::Values(TaughtCase{"MultiLabel", "f1_micro"},
                                         TaughtCase{"Reranker", "ndcg@10"}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(TaughtHeads, LearnFromADenseTwinToComputeLess) {
  write_sets();
  write_queries();
  const ProcessResult dense = train("model", "dense", {"--no-skimming", "--num-train-epochs", "8"});
  ASSERT_EQ(dense.status, 0) << dense.err;
  const ProcessResult half = train("dense", "half",
                                   {"--target-compute", "0.6", "--num-train-epochs", "30",
                                    "--skim-predictor-size", "4", "--precision", "f32"});
  ASSERT_EQ(half.status, 0) << half.err;
  EXPECT_THAT(half.err, HasSubstr("/dense teaches"));
  EXPECT_EQ(half.json()["best"]["metric"], GetParam().metric);
  EXPECT_LE(half.json()["best"]["compute_share"], 0.65) << half.err;
  EXPECT_GE(half.json()["best"]["score"], 0.9) << half.err;
}

struct BadUse {
  std::string name;
  Arguments arguments;  ///< "@" stands for the directory
  std::string message;

  friend std::ostream& operator<<(std::ostream& out, const BadUse& bad) { return out << bad.name; }
};

class BadUseOfHeads : public FinetuneHeads, public ::testing::WithParamInterface<BadUse> {};

INSTANTIATE_TEST_SUITE_P(
    Options, BadUseOfHeads,
    testing::Values(BadUse{"SetsOfATask",
                           {"--task", "sst2", "--data-dir", "@", "--multi-label"},
                           "--multi-label, --label-columns and --head go with --train-file"},
                    BadUse{"SetsOfNumbers",
                           {"--train-file", "@train.csv", "--multi-label", "--regression"},
                           "--token-classification and --head exclude each other"},
                    BadUse{"RerankerOfATable",
                           {"--train-file", "@train.csv", "--head", "reranker", "--text-column", "x"},
                           "--head reranker reads query, positive and negative"},
                    BadUse{"UnknownHead",
                           {"--train-file", "@train.csv", "--head", "classifier"},
                           "--head: expected reranker, found 'classifier'"}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(BadUseOfHeads, IsRefusedByName) {
  Arguments arguments = {"--model", reviews_.path("model")};
  for (const std::string& argument : GetParam().arguments)
    arguments.push_back(argument.starts_with("@") ? reviews_.path(argument.substr(1)) : argument);
  const ProcessResult result = finetune("out", arguments);
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr(GetParam().message));
}

}  // namespace
}  // namespace transkimmer::test
