#include <filesystem>
#include <ostream>

#include <gtest/gtest.h>

#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

/// "@name" stands for the path of `name` in the test's directory.
struct BadInput {
  const char* name;
  int status;
  std::vector<std::string> arguments;
  std::string message;  ///< the one line on standard error, after "transkimmer: error: "
  std::string file;     ///< the content of "@file", when not empty
};

std::ostream& operator<<(std::ostream& out, const BadInput& input) {
  return out << input.name;
}

class FinetuneBadInput : public ::testing::TestWithParam<BadInput> {
 protected:
  std::string expanded(std::string text) const {
    for (auto at = text.find('@'); at != text.npos; at = text.find('@', at))
      text.replace(at, 1, reviews_.path(""));
    return text;
  }

  Reviews reviews_;
};

TEST_P(FinetuneBadInput, EndsWithOneLineThatNamesIt) {
  const BadInput& bad = GetParam();
  if (!bad.file.empty()) {
    for (const char* name : {"file.csv", "file.jsonl"}) reviews_.write(name, bad.file);
  }
  std::filesystem::create_directory(reviews_.path("weightless"));
  for (const char* name : {"config.json", "vocab.txt"}) {
    std::filesystem::copy_file(reviews_.path("model") + "/" + name, reviews_.path("weightless") + "/" + name);
  }
  std::vector<std::string> arguments = {"finetune"};
  for (const std::string& argument : bad.arguments) arguments.push_back(expanded(argument));
  const auto result = transkimmer(arguments);
  EXPECT_EQ(result.status, bad.status);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "transkimmer: error: " + expanded(bad.message) + "\n");
  EXPECT_FALSE(std::filesystem::exists(reviews_.path("out"))) << "nothing was trained";
}

/// The options of a run that works, then others.
std::vector<std::string> run(const std::vector<std::string>& more) {
  std::vector<std::string> all = {"--model", "@model", "--output-dir", "@out"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
std::vector<std::string> run_on_reviews(const std::vector<std::string>& more) {
  std::vector<std::string> all = run({"--train-file", "@train.csv"});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::vector<BadInput> usages = {
    {"NoOutput", 2, {"--model", "@model"}, "--output-dir is required", ""},
    {"NothingToLearnFrom", 2, run({}), "say what to learn from: either --task, or --train-file", ""},
    {"TaskAndFile", 2, run_on_reviews({"--task", "sst2"}),
     "say what to learn from: either --task, or --train-file", ""},
    {"MirrorOfFiles", 2, run_on_reviews({"--mirror", "http://m"}), "--mirror goes with --task", ""},
    {"TaskWithOptionsOfFiles", 2,
     run({"--task", "sst2", "--data-dir", "@model", "--validation-file", "@train.csv"}),
     "--validation-file, --text-column, --text-pair-column, --label-column and --regression go with "
     "--train-file, not with --task",
     ""},
    {"FileWithOptionsOfTasks", 2, run_on_reviews({"--data-dir", "@model"}),
     "--data-dir goes with --task, not with --train-file", ""},
    {"StrideOfAClassifier", 2, run_on_reviews({"--doc-stride", "3"}),
     "--doc-stride, --max-question-length and --protect question are for questions: --task squad_v2", ""},
    {"ProtectedQuestionOfAClassifier", 2, run_on_reviews({"--protect", "question"}),
     "--doc-stride, --max-question-length and --protect question are for questions: --task squad_v2", ""},
    {"UnprotectedAsPublished", 2,
     run_on_reviews({"--protect", "none", "--semantics", "original", "--skim-coefficient", "0.1"}),
     "--protect none goes with --semantics removal: under original, the first token is always kept", ""},
    {"QuestionsWithOptionsOfTables", 2, run({"--task", "squad_v2", "--data-dir", "@model", "--regression"}),
     "--text-column, --text-pair-column, --label-column and --regression are for tables, not for questions",
     ""},
    {"UnknownTask", 2, run({"--task", "sst3", "--data-dir", "@model"}),
     "unknown task 'sst3', expected one of cola, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli, imdb, "
     "squad_v2, 20news, yelp, squad, yelp_polarity",
     ""},
    {"NoWeights",
     2,
     {"--train-file", "@train.csv", "--model", "@weightless", "--output-dir", "@out"},
     "--model: @weightless holds no weights (model.safetensors or pytorch_model.bin); say --from-scratch to "
     "start "
     "from random ones",
     ""},
    {"OutputNotEmpty",
     2,
     {"--train-file", "@train.csv", "--model", "@model", "--output-dir", "@model"},
     "--output-dir: @model is not empty; say --overwrite-output-dir or --resume-from-checkpoint",
     ""},
    {"OutputIsAFile",
     2,
     {"--train-file", "@train.csv", "--model", "@model", "--output-dir", "@train.csv"},
     "--output-dir: @train.csv is not a directory",
     ""},
    {"ResumeWithoutCheckpoint", 2, run_on_reviews({"--resume"}), "--resume: @out holds no checkpoint", ""},
    {"ResumeFromElsewhere", 2, run_on_reviews({"--resume-from-checkpoint", "@model"}),
     "--resume-from-checkpoint: @model is not a checkpoint in --output-dir @out; a run goes on where it was, "
     "beside the best weights that it has saved",
     ""},
    {"MaxLengthBeyondTheModel", 2, run_on_reviews({"--max-length", "65"}),
     "--max-length: this model takes at most 64 tokens, not 65", ""},
    {"NoEpochs", 2, run_on_reviews({"--num-train-epochs", "0"}),
     "--num-train-epochs must be above 0 and at most 1000000", ""},
    {"NegativeLearningRate", 2, run_on_reviews({"--learning-rate", "-1"}),
     "--learning-rate: expected a number of at least 0, found '-1'", ""},
    {"WarmupBeyondAll", 2, run_on_reviews({"--warmup-ratio", "2"}),
     "--warmup-ratio: expected a number from 0 to 1, found '2'", ""},
    {"EmptyBatch", 2, run_on_reviews({"--per-device-train-batch-size", "0"}),
     "--per-device-train-batch-size: expected a whole number of at least 1, found '0'", ""},
    {"UnknownSemantics", 2, run_on_reviews({"--semantics", "removed"}),
     "--semantics: expected removal or original, found 'removed'", ""},
    {"UnknownPrecision", 2, run_on_reviews({"--precision", "f16"}),
     "--precision: expected f32, bf16 or auto, found 'f16'", ""},
    {"MisspelledOption", 2, run_on_reviews({"--learning-rat", "1"}),
     "unknown option '--learning-rat'; did you mean '--learning-rate'?", ""},
};

const std::vector<BadInput> inputs = {
    {"NoModelDirectory",
     1,
     {"--train-file", "@train.csv", "--model", "@absent", "--output-dir", "@out"},
     "@absent: no such model directory",
     ""},
    {"NoDataDirectory", 1, run({"--task", "sst2", "--data-dir", "@absent"}), "@absent: no such directory",
     ""},
    {"NoTaskFile", 1, run({"--task", "sst2", "--data-dir", "@model"}),
     "@model/train.tsv: no such file; also tried @model/SST-2/train.tsv, @model/glue/SST-2/train.tsv", ""},
    {"NoTrainFile", 1, run({"--train-file", "@absent.csv"}),
     "@absent.csv: cannot open: No such file or directory", ""},
    {"ResumeFromNowhere", 1, run_on_reviews({"--resume-from-checkpoint", "@absent"}),
     "@absent/trainer_state.json: cannot open: No such file or directory", ""},
    {"NoTextColumn", 1, run_on_reviews({"--text-column", "review"}),
     "@train.csv:1: no column 'review'; columns found: 'label', 'text'", ""},
    {"NoLabelColumn", 1, run_on_reviews({"--label-column", "stars"}),
     "@train.csv:1: no column 'stars'; columns found: 'label', 'text'", ""},
    {"NoPairColumn", 1, run_on_reviews({"--text-pair-column", "answer"}),
     "@train.csv:1: no column 'answer'; columns found: 'label', 'text'", ""},
    {"ShortRow", 1, run({"--train-file", "@file.csv"}),
     "@file.csv:3: found 1 column, expected 2: 'text', 'label'", "text,label\na,praise\nb\n"},
    {"OneLabel", 1, run({"--train-file", "@file.csv"}),
     "@file.csv: every label is 'x', expected at least two classes", "text,label\na,x\nb,x\n"},
    {"NoRows", 1, run({"--train-file", "@file.csv"}), "@file.csv: has no rows", "text,label\n"},
    {"LabelThatWasNotTrained", 1, run_on_reviews({"--validation-file", "@file.jsonl"}),
     "@file.jsonl:1: label 'meh' is none of blame (0), praise (1)", "{\"text\":\"a\",\"label\":\"meh\"}\n"},
    {"BrokenJson", 1, run({"--train-file", "@file.jsonl"}),
     "@file.jsonl:1: invalid JSON at byte 12: unexpected end of input; expected '}'", "{\"text\":\"a\"\n"},
    {"TextIsANumber", 1, run({"--train-file", "@file.jsonl"}),
     "@file.jsonl:2: 'text' is an integer, expected a string",
     "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":3,\"label\":\"y\"}\n"},
    {"WordAsNumber", 1, run({"--regression", "--train-file", "@file.csv"}),
     "@file.csv:2: 'label' is 'x', expected a number", "text,label\na,x\nb,1\n"},
};

const auto test_name = [](const auto& test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(Usage, FinetuneBadInput, ::testing::ValuesIn(usages), test_name);
INSTANTIATE_TEST_SUITE_P(Input, FinetuneBadInput, ::testing::ValuesIn(inputs), test_name);

}  // namespace
}  // namespace transkimmer::test
