#include <filesystem>
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
#include "support/xml.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using Arguments = std::vector<std::string>;

class SweepCommand : public ::testing::Test {
 protected:
  SweepCommand() {
    write_tiny_model(path("model"));
    std::string dev = "sentence\tlabel\n";
    for (const char* const sentence : {"a charming journey", "a flat movie", "the story is not good",
                                       "very dull", "it was a great ending"})
      dev += std::string(sentence) + (dev.size() % 2 == 0 ? "\t1\n" : "\t0\n");
    write_file_atomically(path("dev.tsv"), dev);
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  ProcessResult run(const std::string& command, const Arguments& models, const Arguments& arguments) const {
    Arguments all = {command, "--threads", "1", "--task", "sst2", "--data-dir", directory_.path().string()};
    for (const std::string& model : models) all.insert(all.end(), {"--model", path(model)});
    all.insert(all.end(), arguments.begin(), arguments.end());
    return transkimmer(all);
  }
  ProcessResult sweep(const Arguments& models, const Arguments& arguments) const {
    return run("sweep", models, arguments);
  }
  json sweep_json(const Arguments& models, Arguments arguments) const {
    arguments.insert(arguments.end(), {"--json", "--rounds", "1"});
    const ProcessResult result = sweep(models, arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.json();
  }

  TemporaryDirectory directory_;
};

void expect_same_run(const json& point, const json& evaluation) {
  EXPECT_EQ(point["metrics"], evaluation["metrics"]);
  EXPECT_EQ(point["kept_fraction_per_layer"], evaluation["skimming"]["kept_fraction_per_layer"]);
  EXPECT_EQ(point["macs"], evaluation["macs"]["run"]);
  EXPECT_EQ(point["macs_computed"], evaluation["macs"]["computed"]["run"]);
  EXPECT_EQ(point["tokens"], evaluation["tokens"]);
}

TEST_F(SweepCommand, EveryRowIsWhatEvaluateSays) {
  const json points = sweep_json({"model"}, {"--thresholds", "1,-0.5,0,1"})["points"];
  ASSERT_EQ(points.size(), 4U) << "dense, and each threshold once";
  EXPECT_EQ(points[0]["dense"], true);
  expect_same_run(points[0], run("evaluate", {"model"}, {"--json", "--dense"}).json());
  const Arguments thresholds = {"-0.5", "0", "1"};
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const json& point = points[i + 1];
    EXPECT_EQ(point["threshold"], std::stod(thresholds[i]));
    EXPECT_EQ(point["own_threshold"], thresholds[i] == "0");
    expect_same_run(point, run("evaluate", {"model"}, {"--json", "--skim-threshold", thresholds[i]}).json());
  }
}

TEST_F(SweepCommand, PrecisionsAreThoseOfEvaluate) {
  const json report = sweep_json({"model"}, {"--thresholds", "0.25", "--precision", "int8"});
  const json evaluation =
      run("evaluate", {"model"}, {"--json", "--skim-threshold", "0.25", "--precision", "int8"}).json();
  EXPECT_EQ(report["precision"], evaluation["precision"]);
  expect_same_run(report["points"][1], evaluation);
}

TEST_F(SweepCommand, SharesAndSpeedAreBesideTheFirstRow) {
  const json points = sweep_json({"model"}, {"--thresholds", "0.5"})["points"];
  const json& point = points[1];
  EXPECT_DOUBLE_EQ(point["macs_share"], point["macs"].get<double>() / points[0]["macs"].get<double>());
  EXPECT_DOUBLE_EQ(point["macs_ratio"], 1 / point["macs_share"].get<double>());
  EXPECT_DOUBLE_EQ(point["speed"],
                   points[0]["milliseconds"].get<double>() / point["milliseconds"].get<double>());
  EXPECT_GT(point["milliseconds"], 0);
  EXPECT_EQ(points[0]["macs_share"], 1.0);
  EXPECT_EQ(points[0]["speed"], 1.0);
}

TEST_F(SweepCommand, WithoutThresholdsOneModelIsRunAroundItsOwn) {
  write_tiny_model(path("model"), {.threshold = 0.125});
  const json points = sweep_json({"model"}, {})["points"];
  ASSERT_GE(points.size(), 4U);
  int own = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_EQ(points[i]["own_threshold"], points[i]["threshold"] == 0.125);
    own += points[i]["own_threshold"].get<bool>() ? 1 : 0;
    EXPECT_TRUE(i == 1 || points[i]["macs"] < points[i - 1]["macs"]) << "from little skimming to much";
  }
  EXPECT_EQ(own, 1);
  EXPECT_LT(points.back()["macs_share"], 0.4);
}

TEST_F(SweepCommand, SeveralModelsAreRunAtTheirOwnThresholds) {
  write_tiny_model(path("other"), {.layers = 2, .threshold = 0.75, .seed = 2});
  write_tiny_model(path("dense"), {.predictor_size = 0});
  const json points = sweep_json({"model", "other", "dense"}, {})["points"];
  ASSERT_EQ(points.size(), 5U) << "a model without predictors has its dense row alone";
  const std::vector<json> thresholds = {nullptr, 0.0, nullptr, 0.75, nullptr};
  const Arguments models = {"model", "model", "other", "other", "dense"};
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i]["threshold"], thresholds[i]);
    EXPECT_EQ(points[i]["model"], path(models[i]));
  }
  expect_same_run(points[3], run("evaluate", {"other"}, {"--json"}).json());
  EXPECT_NEAR(points[2]["macs_share"].get<double>(), 2. / 3, 0.02) << "beside the first model's three layers";
  EXPECT_EQ(points[4]["macs_share"], 1.0);
  EXPECT_EQ(sweep_json({"model", "other"}, {"--thresholds", "0,1"})["points"].size(), 6U);
}

TEST_F(SweepCommand, TheTableShowsWhatTheJsonHas) {
  const Arguments thresholds = {"--thresholds", "0,1"};
  const json points = sweep_json({"model"}, thresholds)["points"];
  const ProcessResult result = sweep({"model"}, thresholds);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = result.out_lines();
  ASSERT_EQ(lines.size(), 9U) << result.out;
  EXPECT_THAT(lines[0], HasSubstr("sst2, dev: 5 texts, "));
  EXPECT_THAT(lines[1], HasSubstr("1 thread, f32, batches of at most 4096 tokens, "));
  const Arguments names = {"dense", "0 *", "1"};
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::ostringstream numbers;
    numbers.precision(4);
    numbers << std::fixed << points[i]["metrics"]["accuracy"].get<double>();
    EXPECT_THAT(lines[3 + i], HasSubstr(numbers.str()));
    EXPECT_THAT(lines[3 + i], HasSubstr(" " + names[i] + " "));
    std::ostringstream share;
    share.precision(1);
    share << std::fixed << 100 * points[i]["macs_share"].get<double>() << " %";
    EXPECT_THAT(lines[3 + i], HasSubstr(share.str()));
  }
  EXPECT_THAT(result.err, HasSubstr("sweeping  100%"));
}

TEST_F(SweepCommand, SvgHasAPointForEveryRowInEachPanel) {
  const json points = sweep_json({"model"}, {"--thresholds", "-1,0,1", "--svg", path("chart.svg")})["points"];
  const std::string svg = read_file(path("chart.svg"));
  EXPECT_EQ(xml_error(svg), "");
  EXPECT_EQ(count_of(svg, "<circle class=\"point\""), 2 * static_cast<int>(points.size()));
  EXPECT_EQ(count_of(svg, "<circle class=\"ring\""), 2);
}

TEST_F(SweepCommand, DataWithoutLabelsIsRunButNotDrawn) {
  write_file_atomically(path("texts.csv"), "text\nflat\na good film\n");
  Arguments arguments = {
      "sweep",        "--model", path("model"), "--validation-file", path("texts.csv"), "--rounds", "1",
      "--thresholds", "1"};
  const ProcessResult result = transkimmer(arguments);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("accuracy")));
  arguments.push_back("--json");
  const json report = transkimmer(arguments).json();
  EXPECT_EQ(report["metric"], nullptr);
  EXPECT_EQ(report["points"][1]["metrics"], json::object());
  arguments.insert(arguments.end(), {"--svg", path("chart.svg")});
  const ProcessResult drawn = transkimmer(arguments);
  EXPECT_EQ(drawn.status, 2);
  EXPECT_THAT(drawn.err, HasSubstr("--svg draws scores, but the data has no labels"));
  EXPECT_FALSE(std::filesystem::exists(path("chart.svg")));
}

TEST_F(SweepCommand, QuestionAnsweringModelsAreSweptToo) {
  write_tiny_model(path("answers"), {.head = HeadKind::question_answering});
  write_file_atomically(
      path("dev-v2.0.json"),
      R"({"version":"v2.0","data":[{"title":"Films","paragraphs":[{"context":"a very good film with a great)"
      R"( ending","qas":[{"id":"one","question":"what was great?","is_impossible":false,"answers":[{"text":)"
      R"("ending","answer_start":30}]},{"id":"two","question":"was it flat?","is_impossible":true,)"
      R"("answers":[]}]}]}]})");
  const auto of_task = [&](const std::string& command, Arguments arguments) {
    arguments.insert(arguments.begin(), {command, "--model", path("answers"), "--task", "squad_v2",
                                         "--data-dir", path(""), "--json", "--threads", "1"});
    const ProcessResult result = transkimmer(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.json();
  };
  const json report = of_task("sweep", {"--thresholds", "0.5", "--rounds", "1", "--svg", path("chart.svg")});
  EXPECT_EQ(report["metric"], "f1");
  EXPECT_EQ(report["examples"], 2);
  expect_same_run(report["points"][0], of_task("evaluate", {"--dense"}));
  expect_same_run(report["points"][1], of_task("evaluate", {"--skim-threshold", "0.5"}));
  EXPECT_GE(report["points"][1]["windows"], 2);
  EXPECT_EQ(xml_error(read_file(path("chart.svg"))), "");
}

TEST_F(SweepCommand, WhatDoesNotFitTogetherIsBadUsage) {
  write_tiny_model(path("dense"), {.predictor_size = 0});
  write_tiny_model(path("number"), {.head = HeadKind::regression, .labels = {"similarity"}});
  const auto expect_usage_error = [](const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("transkimmer: error: " + message));
  };
  expect_usage_error(sweep({"dense"}, {"--thresholds", "1"}),
                     "--thresholds: " + path("dense") + " has no skim predictors");
  expect_usage_error(sweep({"model", "dense", "model"}, {}), "--model: " + path("model") + " is given twice");
  expect_usage_error(sweep({"number"}, {}),
                     path("number") + " is a regression model, but sst2 is a classification task");
  expect_usage_error(sweep({"model"}, {"--null-threshold", "1"}),
                     "--null-threshold is for question answering models");
  write_file_atomically(path("texts.csv"), "text\nflat\n");
  expect_usage_error(transkimmer({"sweep", "--model", path("model"), "--model", path("number"),
                                  "--validation-file", path("texts.csv")}),
                     "--model: " + path("model") + " is a classification model, but " + path("number") +
                         " is a regression model");
}

TEST_F(SweepCommand, FaultyFilesAreNamedBeforeTheWork) {
  const ProcessResult unwritable = sweep({"model"}, {"--svg", "/nonexistent/chart.svg"});
  EXPECT_EQ(unwritable.status, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("/nonexistent"));
  EXPECT_THAT(unwritable.err, Not(HasSubstr("sweeping")));
  std::filesystem::create_directories(path("empty"));
  const ProcessResult missing = sweep({"model", "empty"}, {});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr(path("empty") + "/config.json: cannot open"));
}

TEST_F(SweepCommand, CtrlCEndsItWithoutAnything) {
  std::string csv = "text\n";
  for (int i = 0; i < 1000; ++i) csv += "it was a great ending of a charming journey\n";
  write_file_atomically(path("texts.csv"), csv);
  // The note that texts have no labels is the sign that it is under way.
  const std::string script =
      "\"$0\" sweep --model \"$1/model\" --validation-file \"$1/texts.csv\" --json --threads 1 --rounds 1000 "
      "--thresholds 0 2>\"$1/notes\" & sweep=$!; until [ -s \"$1/notes\" ]; do sleep 0.01; done; "
      "kill -INT $sweep; wait $sweep";
  const ProcessResult result =
      run_process("/bin/sh", {"-c", script, TRANSKIMMER_PROGRAM, directory_.path().string()});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(read_file(path("notes")), HasSubstr("\n{\"error\":\"interrupted; nothing was written\"}\n"));
}

TEST_F(SweepCommand, WhatEveryModelWouldSayOfTheDataIsSaidOnce) {
  write_tiny_model(path("other"), {.seed = 2});
  write_file_atomically(path("texts.csv"), "text\nflat\n");
  const ProcessResult result = transkimmer({"sweep", "--model", path("model"), "--model", path("other"),
                                            "--validation-file", path("texts.csv"), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count_of(result.err, "has no labels"), 1) << result.err;
}

}  // namespace
}  // namespace transkimmer::test
