#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "commands/process.h"

namespace transkimmer::test {
namespace {

struct BadUsage {
  std::vector<std::string> arguments;
  std::string message;  ///< the one line on standard error, after "transkimmer: error: "
};

std::ostream& operator<<(std::ostream& out, const BadUsage& usage) {
  for (const auto& argument : usage.arguments) out << argument << ' ';
  return out;
}

class BadOptions : public ::testing::TestWithParam<BadUsage> {};

TEST_P(BadOptions, ExitStatusTwoAndOneLineThatNamesTheOption) {
  const auto result = transkimmer(GetParam().arguments);
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "transkimmer: error: " + GetParam().message + "\n");
}

const std::vector<BadUsage> usages = {
    {{}, "no command given; 'transkimmer --help' lists them"},
    {{"predct"}, "unknown command 'predct'; did you mean 'predict'?"},
    {{"fine-tune"}, "unknown command 'fine-tune'; did you mean 'finetune'?"},
    {{"paint"}, "unknown command 'paint'"},
    {{"--verison"}, "unknown option '--verison'; did you mean '--version'?"},
    {{"predict"}, "--model is required"},
    {{"tokenize"}, "--model is required"},
    {{"inspect"}, "--model is required"},
    {{"benchmark"}, "--model is required"},
    {{"predict", "--model"}, "--model: 1 required MODEL missing"},
    {{"predict", "--model", "a", "--model", "b"}, "--model: At Most 1 required but received 2"},
    {{"predict", "--model", "m", "--thread", "2"}, "unknown option '--thread'; did you mean '--threads'?"},
    {{"predict", "--model", "m", "--wholly-unknown"}, "unknown option '--wholly-unknown'"},
    {{"predict", "--model", "m", "text"}, "unexpected argument 'text'"},
    {{"predict", "--model", "m", "--precision", "f16"},
     "--precision: expected f32, bf16, int8 or auto, found 'f16'"},
    {{"predict", "--model", "m", "--threads", "-1"},
     "--threads: expected a whole number from 0 to 1024, found '-1'"},
    {{"predict", "--model", "m", "--threads=-1"},
     "--threads: expected a whole number from 0 to 1024, found '-1'"},
    {{"predict", "--model", "m", "--threads", "two"},
     "--threads: expected a whole number from 0 to 1024, found 'two'"},
    {{"predict", "--model", "m", "--threads", "1.5"},
     "--threads: expected a whole number from 0 to 1024, found '1.5'"},
    {{"predict", "--model", "m", "--threads", "99999999999999999999"},
     "--threads: expected a whole number from 0 to 1024, found '99999999999999999999'"},
    {{"predict", "--model", "m", "--skim-threshold", "nan"},
     "--skim-threshold: expected a number, found 'nan'"},
    {{"predict", "--model", "m", "--skim-threshold", "inf"},
     "--skim-threshold: expected a number, found 'inf'"},
    {{"predict", "--model", "m", "--skim-threshold", "0,5"},
     "--skim-threshold: expected a number, found '0,5'"},
    {{"evaluate", "--model", "./m"}, "give either --task (with or without --data-dir), or --validation-file"},
    {{"evaluate", "--model", "./m", "--validation-file", "f.csv", "--mirror", "http://m"},
     "--mirror goes with --task"},
    {{"evaluate", "--model", "./m", "--task", "squad", "--split", "test"},
     "--split: task 'squad' has no split 'test'"},
    {{"evaluate", "--model", "./m", "--data-dir", "d"},
     "give either --task (with or without --data-dir), or --validation-file"},
    {{"evaluate", "--model", "./m", "--task", "sst2", "--data-dir", "d", "--validation-file", "f.csv"},
     "give either --task (with or without --data-dir), or --validation-file"},
    {{"evaluate", "--model", "m", "--batch-size", "0"},
     "--batch-size: expected a whole number of at least 1, found '0'"},
    {{"evaluate", "--model", "m", "--batch-tokens", "many"},
     "--batch-tokens: expected a whole number from 1 to 16777216, found 'many'"},
    {{"evaluate", "--model", "m", "--max-length", "-1"},
     "--max-length: expected a whole number from 0 to 1048576, found '-1'"},
    {{"evaluate", "--model", "m", "--threads", "x"},
     "--threads: expected a whole number from 0 to 1024, found 'x'"},
    {{"evaluate", "--model", "m", "--task", "sst2", "--data-dir", "d", "--text-column", "t"},
     "--text-column requires --validation-file"},
    {{"evaluate", "--model", "m", "--validation-file", "f.csv", "--split", "test"},
     "--split excludes --validation-file"},
    {{"sweep"}, "--model is required"},
    {{"sweep", "--model", "./m"}, "give either --task (with or without --data-dir), or --validation-file"},
    {{"sweep", "--model", "m", "--thresholds", "-1,x"},
     "--thresholds: expected numbers with commas between them, found '-1,x'"},
    {{"sweep", "--model", "m", "--thresholds=1,"},
     "--thresholds: expected numbers with commas between them, found '1,'"},
    {{"sweep", "--model", "m", "--thresholds", "nan"},
     "--thresholds: expected numbers with commas between them, found 'nan'"},
    {{"sweep", "--model", "m", "--rounds", "0"},
     "--rounds: expected a whole number from 1 to 1000, found '0'"},
    {{"build-vocabulary"}, "--input is required"},
    {{"build-vocabulary", "--input", "i"}, "--output-dir is required"},
    {{"build-vocabulary", "--input", "i", "--output-dir", "o", "--vocab-size", "7"},
     "--vocab-size: expected a whole number from 8 to 16777216, found '7'"},
    {{"build-vocabulary", "--input", "i", "--output-dir", "o", "--min-frequency", "0"},
     "--min-frequency: expected a whole number of at least 1, found '0'"},
    {{"build-vocabulary", "--input", "i", "--output-dir", "o", "--limit-alphabet", "all"},
     "--limit-alphabet: expected a whole number from 0 to 2097152, found 'all'"},
    {{"build-vocabulary", "--input", "i", "--output-dir", "o", "--lower-case"},
     "unknown option '--lower-case'; did you mean '--no-lower-case'?"},
    {{"predict", "--model", "m", "--batch-tokens", "0"},
     "--batch-tokens: expected a whole number from 1 to 16777216, found '0'"},
    {{"predict", "--model", "m", "--max-length", "-5"},
     "--max-length: expected a whole number from 0 to 1048576, found '-5'"},
    {{"predict", "--model", "m", "--question", "who?"}, "--question requires --context"},
    {{"predict", "--model", "m", "--context", "a film"}, "--context requires --question"},
    {{"predict", "--model", "m", "--n-best", "0"},
     "--n-best: expected a whole number from 1 to 1048576, found '0'"},
    {{"predict", "--model", "m", "--doc-stride", "-1"},
     "--doc-stride: expected a whole number from 0 to 1048576, found '-1'"},
    {{"evaluate", "--model", "m", "--max-answer-length", "0"},
     "--max-answer-length: expected a whole number from 1 to 1048576, found '0'"},
    {{"evaluate", "--model", "m", "--null-threshold", "nan"},
     "--null-threshold: expected a number, found 'nan'"},
    {{"predict", "--model", "m", "--input-format", "xml"},
     "--input-format: expected auto, text or json, found 'xml'"},
    {{"tokenize", "--model", "m", "--max-length", "x"},
     "--max-length: expected a whole number from 0 to 1048576, found 'x'"},
    {{"benchmark", "--model", "m", "--batch", "0"},
     "--batch: expected a whole number from 1 to 1048576, found '0'"},
    {{"benchmark", "--model", "m", "--length", "-1"},
     "--length: expected a whole number from 0 to 1048576, found '-1'"},
    {{"benchmark", "--model", "m", "--runs", "0"},
     "--runs: expected a whole number from 1 to 1048576, found '0'"},
    {{"benchmark", "--model", "m", "--warmup", "-1"},
     "--warmup: expected a whole number from 0 to 1048576, found '-1'"},
    {{"benchmark", "--model", "m", "--seed", "-1"},
     "--seed: expected a whole number of at least 0, found '-1'"},
};

INSTANTIATE_TEST_SUITE_P(Program, BadOptions, ::testing::ValuesIn(usages));

}  // namespace
}  // namespace transkimmer::test
