#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>
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
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

const std::vector<std::string> sentences = {"a charming journey", "a flat movie", "the story is not good",
                                            "very dull", "it was a great ending"};

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

class EvaluateCommand : public ::testing::Test {
 protected:
  EvaluateCommand() {
    write_tiny_model(model());
    std::string dev = "sentence\tlabel\n";
    for (const auto& sentence : sentences) dev += sentence + "\t1\n";
    std::filesystem::create_directories(directory_ / "data/SST-2");
    write_file_atomically(directory_ / "data/SST-2/dev.tsv", dev);
  }

  std::filesystem::path model() const { return directory_ / "model"; }
  std::string data() const { return (directory_ / "data").string(); }

  ProcessResult evaluate(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"evaluate", "--model", model().string(), "--threads", "1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return transkimmer(all);
  }
  ProcessResult evaluate_sst2(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--task", "sst2", "--data-dir", data()});
    return evaluate(arguments);
  }
  ProcessResult evaluate_file(const std::string& name, const std::string& text,
                              std::vector<std::string> arguments) const {
    write_file_atomically(directory_ / name, text);
    arguments.insert(arguments.begin(), {"--validation-file", directory_ / name});
    return evaluate(arguments);
  }
  /// The same model with other names of its classes.
  std::filesystem::path named(const std::string& name, const Names& labels) const {
    const std::filesystem::path copy = directory_ / name;
    std::filesystem::copy(model(), copy);
    json config = json::parse(read_file(copy / "config.json"));
    config.erase("label2id");
    config["id2label"] = json::object();
    for (std::size_t i = 0; i < labels.size(); ++i) config["id2label"][std::to_string(i)] = labels[i];
    write_file_atomically(copy / "config.json", config.dump());
    return copy;
  }
  /// The share of the sentences that `predict` calls positive.
  double positive_share() const {
    std::string input;
    for (const auto& sentence : sentences) input += sentence + '\n';
    const auto lines =
        transkimmer({"predict", "--model", model().string(), "--threads", "1"}, input).out_lines();
    const auto positive = std::count_if(lines.begin(), lines.end(),
                                        [](const auto& line) { return line.starts_with("positive"); });
    return static_cast<double>(positive) / static_cast<double>(sentences.size());
  }

  TemporaryDirectory directory_;
};

TEST_F(EvaluateCommand, JsonHasEveryKeyAndAgreesWithItself) {
  const auto result = evaluate_sst2({"--json", "--skim-threshold", "0.25"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json report = result.json();
  EXPECT_THAT(keys_of(report),
              UnorderedElementsAre("task", "split", "examples", "metrics", "skimming", "macs", "seconds",
                                   "tokens", "tokens_per_second", "sequences_per_second", "threads",
                                   "precision", "hardware", "dense", "class_report"));
  EXPECT_EQ(report["task"], "sst2");
  EXPECT_EQ(report["split"], "dev");
  EXPECT_EQ(report["examples"], 5);
  EXPECT_THAT(keys_of(report["metrics"]), UnorderedElementsAre("accuracy"));
  EXPECT_EQ(report["threads"], 1);
  EXPECT_EQ(report["precision"], "f32");
  EXPECT_GT(report["tokens"], 20);
  EXPECT_NE(report["hardware"], "");
}

TEST_F(EvaluateCommand, TakesAnyModelOfOneLabelForARerankerWhenAsked) {
  std::filesystem::remove_all(model());
  write_tiny_model(model(), {.head = HeadKind::regression, .labels = {"LABEL_0"}});
  const std::string queries =
      R"({"query": "is it flat", "positive": ["a flat movie"], "negative": ["very dull", "a journey"]})"
      "\n";
  const ProcessResult result = evaluate_file("queries.jsonl", queries, {"--head", "reranker", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(keys_of(result.json()["metrics"]), UnorderedElementsAre("map", "mrr@10", "ndcg@10"));
  EXPECT_EQ(evaluate_file("queries.jsonl", queries, {}).status, 1) << "numbers of texts are not there";

  const std::string pair = "is it flat\ta flat movie\n";
  const std::vector<std::string> predict = {"predict", "--model", model().string(), "--threads", "1"};
  std::vector<std::string> as_reranker = predict;
  as_reranker.insert(as_reranker.end(), {"--head", "reranker"});
  const double logit = std::stod(transkimmer(predict, pair).out);
  EXPECT_NEAR(std::stod(transkimmer(as_reranker, pair).out), 1 / (1 + std::exp(-logit)), 1e-6);
}

TEST_F(EvaluateCommand, TakesNoClassifierForAReranker) {
  const ProcessResult result = evaluate_file("queries.jsonl", "{}\n", {"--head", "reranker"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("is a classification model, expected one of one label"));
}

TEST_F(EvaluateCommand, JsonDescribesSkimmingArithmeticAndTime) {
  const json report = evaluate_sst2({"--json", "--skim-threshold", "0.25"}).json();
  const json& skimming = report["skimming"];
  EXPECT_THAT(keys_of(skimming),
              UnorderedElementsAre("enabled", "threshold", "kept_fraction", "kept_fraction_per_layer"));
  EXPECT_EQ(skimming["enabled"], true);
  EXPECT_EQ(skimming["threshold"], 0.25);
  const auto per_layer = skimming["kept_fraction_per_layer"].get<std::vector<double>>();
  ASSERT_EQ(per_layer.size(), 3U);
  EXPECT_NEAR(skimming["kept_fraction"], (per_layer[0] + per_layer[1] + per_layer[2]) / 3, 1e-12);
  EXPECT_LT(per_layer[2], 1);

  const json& macs = report["macs"];
  EXPECT_THAT(keys_of(macs),
              UnorderedElementsAre("run", "dense_unpadded", "dense_padded", "padded_to", "computed"));
  EXPECT_LT(macs["computed"]["run"], macs["run"]) << "the last layer computes the first token alone";
  EXPECT_LT(macs["computed"]["dense_unpadded"], macs["dense_unpadded"]);
  EXPECT_GT(macs["run"], 0);
  EXPECT_LT(macs["dense_unpadded"], macs["dense_padded"]);
  EXPECT_EQ(macs["padded_to"], "the longest of each batch of 32");

  const json& seconds = report["seconds"];
  EXPECT_THAT(keys_of(seconds), UnorderedElementsAre("model", "tokenization", "total"));
  EXPECT_GT(seconds["model"], 0);
  EXPECT_GE(seconds["total"], seconds["model"]);
}

TEST_F(EvaluateCommand, TheTableShowsTheSame) {
  const auto result = evaluate_sst2({});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("sst2, dev: 5 examples, "));
  EXPECT_THAT(result.out, HasSubstr("\n  accuracy  "));
  EXPECT_THAT(result.out, HasSubstr("\n  tokens kept  "));
  EXPECT_THAT(result.out, HasSubstr("\n  1 thread, f32, "));
  EXPECT_THAT(result.err, Not(HasSubstr("error")));
}

TEST_F(EvaluateCommand, DenseSkimsNothingAndComparesWithNothing) {
  const json report = evaluate_sst2({"--json", "--dense"}).json();
  EXPECT_EQ(report["skimming"]["enabled"], false);
  EXPECT_EQ(report["skimming"]["kept_fraction"], 1.0);
  EXPECT_EQ(report["macs"]["run"], report["macs"]["dense_unpadded"]);
  EXPECT_FALSE(report.contains("dense"));
}

TEST_F(EvaluateCommand, TheDenseTwinIsTheDenseRun) {
  const json both = evaluate_sst2({"--json"}).json();
  EXPECT_EQ(both["dense"]["metrics"], evaluate_sst2({"--json", "--dense"}).json()["metrics"]);
}

TEST_F(EvaluateCommand, NoCompareLeavesOutTheDenseTwinAlone) {
  json both = evaluate_sst2({"--json"}).json();
  json one = evaluate_sst2({"--json", "--no-compare"}).json();
  EXPECT_FALSE(one.contains("dense"));
  both.erase("dense");
  for (json* report : {&both, &one})
    for (const char* timed : {"seconds", "tokens_per_second", "sequences_per_second"}) report->erase(timed);
  EXPECT_EQ(one, both);
}

TEST_F(EvaluateCommand, ASampleIsTheSameForTheSameSeed) {
  const auto sample = [&](const char* seed) {
    return evaluate_sst2({"--json", "--no-compare", "--max-eval-samples", "2", "--seed", seed}).json();
  };
  EXPECT_EQ(sample("1")["examples"], 2);
  EXPECT_EQ(sample("1")["tokens"], sample("1")["tokens"]);
  std::set<int> tokens;
  for (const char* seed : {"1", "2", "3", "4", "5", "6", "7", "8"})
    tokens.insert(sample(seed)["tokens"].get<int>());
  EXPECT_GT(tokens.size(), 1U) << "another seed never chose other sentences";
}

TEST_F(EvaluateCommand, AHighThresholdKeepsOnlyFirstTokens) {
  const json report = evaluate_sst2({"--json", "--skim-threshold", "1000"}).json();
  EXPECT_NEAR(report["skimming"]["kept_fraction"], 5.0 / report["tokens"].get<double>(), 1e-12);
}

TEST_F(EvaluateCommand, LabelsAreMatchedByName) {
  EXPECT_EQ(evaluate_sst2({"--json"}).json()["metrics"]["accuracy"], positive_share());
  write_tiny_model(model(), {.labels = {"positive", "negative"}});
  EXPECT_EQ(evaluate_sst2({"--json"}).json()["metrics"]["accuracy"], positive_share());
}

TEST_F(EvaluateCommand, YourOwnCsvFileIsEvaluated) {
  std::string csv = "kind,body\n";
  for (const auto& sentence : sentences) csv += "positive,\"" + sentence + "\"\n";
  const auto result =
      evaluate_file("mine.csv", csv, {"--text-column", "body", "--label-column", "kind", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json report = result.json();
  EXPECT_EQ(report["task"], "table");
  EXPECT_EQ(report["split"], "mine.csv");
  EXPECT_EQ(report["examples"], 5);
  EXPECT_EQ(report["metrics"]["accuracy"], positive_share());
  EXPECT_EQ(report["macs"], evaluate_sst2({"--json"}).json()["macs"]) << "the same texts cost the same";
}

TEST_F(EvaluateCommand, PairsOfYourOwnFileHaveBothTexts) {
  const std::string csv = "text,other,label\nflat,a good film,positive\n";
  const json one = evaluate_file("pairs.csv", csv, {"--json"}).json();
  const json two = evaluate_file("pairs.csv", csv, {"--text-pair-column", "other", "--json"}).json();
  EXPECT_EQ(one["tokens"], 3);  // [CLS] flat [SEP]
  EXPECT_EQ(two["tokens"], 7);  // [CLS] flat [SEP] a good film [SEP]
}

TEST_F(EvaluateCommand, DataWithoutLabelsIsRunButNotScored) {
  const auto result = evaluate_file("texts.tsv", "text\nflat\na good film\n", {"--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["metrics"], json::object());
  EXPECT_EQ(result.json()["examples"], 2);
  EXPECT_THAT(evaluate_file("texts.tsv", "text\nflat\n", {}).out,
              HasSubstr("nothing to score: the data has no labels"));
}

TEST_F(EvaluateCommand, SharedTestSplitsHaveNothingToScore) {
  for (const char* csv : {"text,label\nflat,-1\na good film,-1\n", "text,label\nflat,\na good film,\n"}) {
    const auto result = evaluate_file("test.csv", csv, {"--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.json()["metrics"], json::object());
    EXPECT_THAT(result.err, HasSubstr("test.csv: has no labels, so there is nothing to score\n"));
    EXPECT_THAT(evaluate_file("test.csv", csv, {}).out, HasSubstr("nothing to score"));
  }
}

TEST_F(EvaluateCommand, SaysWhatBecomesOfEachClass) {
  const std::string csv = "text,label\na charming journey,positive\nflat,negative\na good film,negative\n";
  const json report = evaluate_file("mine.csv", csv, {"--json", "--no-compare"}).json();
  const json& classes = report["class_report"];
  EXPECT_EQ(classes["classes"]["negative"]["support"], 2);
  std::size_t right = 0, all = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    right += classes["confusion_matrix"]["counts"][i][i].get<std::size_t>();
    for (const json& count : classes["confusion_matrix"]["counts"][i]) all += count.get<std::size_t>();
  }
  EXPECT_EQ(all, 3U);
  EXPECT_NEAR(report["metrics"]["accuracy"].get<double>(), static_cast<double>(right) / 3, 1e-12);
  EXPECT_TRUE(classes.contains("roc_auc"));
  const std::string text = evaluate_file("mine.csv", csv, {"--no-compare"}).out;
  EXPECT_THAT(text, HasSubstr("    weighted avg"));
  EXPECT_THAT(text, HasSubstr("(of positive)"));
  EXPECT_FALSE(evaluate_file("texts.csv", "text\nflat\n", {"--json"}).json().contains("class_report"));
}

TEST_F(EvaluateCommand, WritesMistakesAndWhatIsTakenForWhat) {
  const std::string csv = "text,label\nflat,negative\nflat,positive\nflat,negative\nflat,positive\n";
  const std::string mistakes = directory_ / "wrong.jsonl", picture = directory_ / "confusion.svg";
  const auto result =
      evaluate_file("mine.csv", csv, {"--error-analysis", mistakes, "--confusion-svg", picture});
  ASSERT_EQ(result.status, 0) << result.err;
  std::istringstream lines(read_file(mistakes));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json mistake = json::parse(line);
    EXPECT_EQ(mistake["text"], "flat");
    EXPECT_NE(mistake["label"], mistake["predicted"]);
    EXPECT_GE(mistake["score"], 0.5);
  }
  EXPECT_EQ(count, 2U) << "one text cannot be both";
  EXPECT_THAT(read_file(picture), HasSubstr("<svg"));
}

TEST_F(EvaluateCommand, FilesAboutClassesNeedClassesAndLabels) {
  const std::string file = directory_ / "file";
  const auto without = evaluate_file("texts.csv", "text\nflat\n", {"--error-analysis", file});
  EXPECT_EQ(without.status, 2);
  EXPECT_THAT(without.err, HasSubstr("texts.csv has no labels to compare with"));
  std::filesystem::remove_all(model());
  write_tiny_model(model(), {.head = HeadKind::regression, .labels = {"similarity"}});
  const auto number = evaluate_file("scores.csv", "text,label\nflat,1\n", {"--confusion-svg", file});
  EXPECT_EQ(number.status, 2);
  EXPECT_THAT(number.err, HasSubstr("--confusion-svg is for models that tell classes of texts"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

std::vector<json> json_lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST_F(EvaluateCommand, WritesPredictionsThatAgreeWithPredict) {
  const std::string file = directory_ / "predictions.jsonl";
  const auto result =
      evaluate_file("test.csv", "text,label\na charming journey,-1\nflat,-1\n", {"--predictions", file});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = json_lines_of(read_file(file));
  const auto answers = transkimmer({"predict", "--model", model().string(), "--threads", "1", "--json"},
                                   "a charming journey\nflat\n");
  const auto predicted = json_lines_of(answers.out);
  ASSERT_EQ(lines.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(keys_of(lines[i]), (std::vector<std::string>{"index", "label", "scores"}));
    EXPECT_EQ(lines[i]["index"], i);
    EXPECT_EQ(lines[i]["label"], predicted[i]["label"]);
    for (std::size_t c = 0; c < 2; ++c)
      EXPECT_NEAR(lines[i]["scores"][c].get<double>(), predicted[i]["probabilities"][c].get<double>(), 1e-6);
  }
}

TEST_F(EvaluateCommand, PredictionsOfASampleAreNumberedAsInTheFile) {
  const std::string file = directory_ / "predictions.jsonl";
  const auto all = evaluate_sst2({"--predictions", file, "--no-compare"});
  ASSERT_EQ(all.status, 0) << all.err;
  const auto every = json_lines_of(read_file(file));
  ASSERT_EQ(every.size(), 5U);
  ASSERT_EQ(evaluate_sst2({"--predictions", file, "--max-eval-samples", "2"}).status, 0);
  const auto some = json_lines_of(read_file(file));
  ASSERT_EQ(some.size(), 2U);
  for (const json& line : some) {
    const json& same = every[line["index"].get<std::size_t>()];
    EXPECT_NEAR(line["scores"][0].get<double>(), same["scores"][0].get<double>(), 1e-6);
  }
}

TEST_F(EvaluateCommand, PredictionsOfRegressionAreNumbers) {
  write_tiny_model(model(), {.head = HeadKind::regression, .labels = {"similarity"}});
  const std::string file = directory_ / "predictions.jsonl";
  ASSERT_EQ(evaluate_file("scores.csv", "text\nflat\n", {"--predictions", file}).status, 0);
  const auto lines = json_lines_of(read_file(file));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(keys_of(lines[0]), (std::vector<std::string>{"index", "label", "scores"}));
  EXPECT_TRUE(lines[0]["label"].is_number());
  EXPECT_EQ(lines[0]["scores"], json::array({lines[0]["label"]}));
}

TEST_F(EvaluateCommand, PredictionsAreNumberedByRowsAlsoWhereSomeArePassedOver) {
  write_tiny_model(model(), {.labels = {"not_duplicate", "duplicate"}});
  std::filesystem::create_directories(directory_ / "data/QQP");
  write_file_atomically(directory_ / "data/QQP/dev.tsv",
                        "id\tquestion1\tquestion2\tis_duplicate\n1\ta\tb\t0\n2\tcut\n3\tc\td\t1\n");
  const std::string file = directory_ / "predictions.jsonl";
  const auto result = evaluate({"--task", "qqp", "--data-dir", data(), "--predictions", file});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = json_lines_of(read_file(file));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["index"], 0);
  EXPECT_EQ(lines[1]["index"], 2);
}

TEST_F(EvaluateCommand, PredictionsNeverTakeThePlaceOfWhatIsRead) {
  const std::string own = directory_ / "own.csv", text = "text,label\nflat,positive\n";
  for (const std::string& file : {own, (directory_ / "./own.csv").string()}) {
    const auto result = evaluate_file("own.csv", text, {"--predictions", file});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--predictions: " + file + " is a file of the data or the model"));
    EXPECT_EQ(read_file(own), text);
  }
  for (const char* name : {"config.json", "vocab.txt", "model.safetensors"})
    EXPECT_EQ(evaluate_file("own.csv", text, {"--predictions", model() / name}).status, 2) << name;
  const std::filesystem::path dev = directory_ / "data/SST-2/dev.tsv";
  const std::string content = read_file(dev);
  std::filesystem::create_symlink(dev, directory_ / "link");
  std::filesystem::create_hard_link(dev, directory_ / "same");
  for (const std::filesystem::path& file : {dev, directory_ / "link", directory_ / "same"}) {
    EXPECT_EQ(evaluate_sst2({"--predictions", file}).status, 2) << file;
    EXPECT_EQ(read_file(dev), content);
  }
  const auto none = evaluate_file("own.csv", text, {"--predictions", ""});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("--predictions: expected the name of a file or folder, found ''"));
}

TEST_F(EvaluateCommand, PredictionsGoThroughLinksAndIntoDevices) {
  std::filesystem::create_symlink("target.jsonl", directory_ / "link");
  ASSERT_EQ(evaluate_sst2({"--predictions", directory_ / "link"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(directory_ / "link"));
  EXPECT_EQ(json_lines_of(read_file(directory_ / "target.jsonl")).size(), 5U);
  const auto into_a_file = evaluate_sst2({"--predictions", "/dev/stdout", "--no-compare"});
  ASSERT_EQ(into_a_file.status, 0) << into_a_file.err;
  EXPECT_THAT(into_a_file.out, HasSubstr("accuracy"));
  EXPECT_THAT(into_a_file.out, HasSubstr("{\"index\":4,"));
  ASSERT_EQ(evaluate_sst2({"--predictions", "/dev/null"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(EvaluateCommand, ExtensionsAreToldInEitherCase) {
  const auto result = evaluate_file("MINE.CSV", "text,label\rflat,positive\rfilm,negative\r", {"--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["examples"], 2);
}

TEST_F(EvaluateCommand, RegressionIsScoredByCorrelation) {
  write_tiny_model(model(), {.head = HeadKind::regression, .labels = {"similarity"}});
  const std::string csv = "text,label\nflat,1.5\na good film,3\nvery dull,2\n";
  const auto result = evaluate_file("scores.csv", csv, {"--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(keys_of(result.json()["metrics"]), UnorderedElementsAre("pearson", "spearmanr"));
}

TEST_F(EvaluateCommand, F1IsOfTheTasksClassInWhateverOrderTheModelHasThem) {
  std::filesystem::create_directories(directory_ / "data/MRPC");
  // Every row belongs to the class that the model counts second: once it is the one that F1 is of, once not.
  const auto metrics_of = [&](const Names& labels) {
    const std::string quality = labels.back() == "equivalent" ? "1" : "0";
    std::string dev = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
    for (const auto& sentence : sentences) dev += quality + "\t1\t2\t" + sentence + "\ta film\n";
    write_file_atomically(directory_ / "data/MRPC/dev.tsv", dev);
    const auto result = transkimmer({"evaluate", "--model", named(labels.front(), labels).string(), "--task",
                                     "mrpc", "--data-dir", data(), "--json", "--no-compare"});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.json()["metrics"];
  };
  const json second = metrics_of({"not_equivalent", "equivalent"});
  const auto accuracy = second["accuracy"].get<double>();
  ASSERT_GT(accuracy, 0);
  EXPECT_DOUBLE_EQ(second["f1"].get<double>(), 2 * accuracy / (1 + accuracy));
  const json first = metrics_of({"equivalent", "not_equivalent"});
  EXPECT_EQ(first["accuracy"], accuracy);
  EXPECT_EQ(first["f1"], 0) << "nothing is equivalent";
}

TEST_F(EvaluateCommand, MaxLengthCuts) {
  EXPECT_EQ(evaluate_sst2({"--json", "--max-length", "3"}).json()["tokens"], 15);
}

TEST_F(EvaluateCommand, WhatDoesNotFitTheModelIsBadUsage) {
  const auto expect_usage_error = [](const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("transkimmer: error: "));
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  expect_usage_error(evaluate({"--task", "sst3", "--data-dir", data()}),
                     "unknown task 'sst3', expected one of cola, ");
  expect_usage_error(evaluate_sst2({"--split", "final"}),
                     "unknown split 'final', expected train, dev or test");
  expect_usage_error(evaluate({"--task", "stsb", "--data-dir", data()}),
                     model().string() + " is a classification model, but stsb is a regression task\n");
  expect_usage_error(evaluate_sst2({"--max-length", "1"}), "max_length");
  write_tiny_model(model(), {.labels = {"no", "yes"}});
  expect_usage_error(
      evaluate_sst2({}),
      "has the class 'negative', which the model does not know; its classes are 'no', 'yes'\n");
  write_tiny_model(model(), {.labels = {"no", "maybe", "yes"}});
  expect_usage_error(evaluate_sst2({}),
                     "has 2 classes ('negative', 'positive'), the model 3 ('no', 'maybe', 'yes')\n");
  write_tiny_model(model(), {.head = HeadKind::regression, .labels = {"similarity"}});
  expect_usage_error(evaluate_sst2({}), " is a regression model, but sst2 is a classification task\n");
  write_tiny_model(model(), {.head = HeadKind::question_answering});
  expect_usage_error(evaluate_sst2({}),
                     " is a question answering model, but sst2 is a classification task\n");
}

TEST_F(EvaluateCommand, FaultyFilesAreNamed) {
  const auto expect_failure = [](const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  expect_failure(evaluate({"--task", "sst2", "--data-dir", "/nonexistent"}),
                 "/nonexistent: no such directory");
  expect_failure(evaluate_sst2({"--split", "train"}), "train.tsv: no such file");
  expect_failure(evaluate({"--validation-file", "/nonexistent.csv"}), "/nonexistent.csv: cannot open");
  expect_failure(evaluate_file("a.csv", "body,label\nflat,positive\n", {}), "a.csv");
  expect_failure(evaluate_file("b.csv", "text,label\nflat,neutral\n", {}),
                 "b.csv:2: label 'neutral' is none of negative (0), positive (1)");
  std::filesystem::remove(model() / "model.safetensors");
  expect_failure(evaluate_sst2({}), "model.safetensors");
}

TEST_F(EvaluateCommand, HelpShowsDefaultsThatMakeSense) {
  const auto result = transkimmer({"evaluate", "--help"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("[default: no limit]"));
  EXPECT_THAT(result.out, Not(HasSubstr("18446744073709551615")));
  EXPECT_THAT(result.out, HasSubstr("--no-compare  "));
}

}  // namespace
}  // namespace transkimmer::test
