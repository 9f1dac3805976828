// finetune with a task whose data is fetched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "hub/environment.h"
#include "hub/online/archives.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using ::testing::HasSubstr;

class FinetuneByName : public ::testing::Test {
 protected:
  FinetuneByName() {
    write_tiny_model(root_ / "tiny");
    write_file_atomically(
        root_ / "my.ini",
        "[reviews]\nlabels = negative, positive\ntrain = train.csv\nfetch = "
        "https://nobody.example/reviews.tgz\n"
        "[questions]\nkind = question_answering\ntrain = train.json\ndev = dev.json\n"
        "fetch = https://nobody.example/train.json\nfetch = https://nobody.example/dev.json\n");
  }
  ProcessResult finetune(const std::string& task, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {"finetune",
                                    "--task",
                                    task,
                                    "--task-file",
                                    path("my.ini"),
                                    "--mirror",
                                    host_.address() + "/mirror",
                                    "--model",
                                    path("tiny"),
                                    "--output-dir",
                                    path("out"),
                                    "--max-steps",
                                    "1",
                                    "--threads",
                                    "1",
                                    "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all);
  }
  std::string path(const std::string& name) const { return (root_ / name).string(); }

  TemporaryDirectory root_;
  HubStandIn host_;
  PlainEnvironment plain_{root_.path().string()};
  Variable home_{"HF_HOME", (root_ / "hf").string()};
};

TEST_F(FinetuneByName, LearnsFromWhatItFetches) {
  host_.put_file(
      "/mirror/reviews.tgz",
      archive_of(ArchiveKind::tar_gz, {{.path = "train.csv",
                                        .content = "text,label\na good film,positive\nflat,negative\n"
                                                   "very good,positive\ndull,negative\n"}}));
  const ProcessResult result = finetune("reviews");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["task"], "reviews");
  EXPECT_EQ(result.json()["train_examples"], 4);
  EXPECT_EQ(result.json()["validation_examples"], 0) << "the task has no dev split";
  const std::size_t asked = host_.requests().size();
  EXPECT_EQ(finetune("reviews", {"--overwrite-output-dir"}).status, 0);
  EXPECT_EQ(host_.requests().size(), asked) << "once";
}

TEST_F(FinetuneByName, LearnsFromQuestionsOfATaskOfOnesOwn) {
  const std::string file = R"({"data": [{"paragraphs": [{"context": "a great film", "qas": [{"id": "1",
      "question": "what is it?", "answers": [{"text": "great", "answer_start": 2}]}]}]}]})";
  host_.put_file("/mirror/train.json", file);
  host_.put_file("/mirror/dev.json", file);
  const ProcessResult result = finetune("questions");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["train_examples"], 1);
  EXPECT_EQ(result.json()["validation_examples"], 1);
}

TEST_F(FinetuneByName, FetchesNothingForOptionsThatAreWrong) {
  const ProcessResult result = finetune("reviews", {"--text-column", "body"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("--text-column"));
  EXPECT_EQ(host_.requests().size(), 0);
}

TEST_F(FinetuneByName, SaysOfWhatNobodyHasHowToDoWithout) {
  const ProcessResult result = finetune("reviews");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err,
              ::testing::AllOf(HasSubstr("/mirror/reviews.tgz: there is no such file (HTTP status 404)"),
                               HasSubstr("--data-dir")));
  EXPECT_FALSE(path_exists(path("out")));
}

}  // namespace
}  // namespace transkimmer::test
