// `transkimmer finetune --unlabelled` of an embedder: it learns to skim from its own vectors.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "model_files/json/json.h"
#include "support/golden.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

class FinetuneEmbedder : public ::testing::Test {
 protected:
  FinetuneEmbedder() {
    std::string texts;
    for (int i = 0; i < 60; ++i)
      texts += i % 3 == 0   ? "the film was good . a charming journey\n"
               : i % 3 == 1 ? "was the movie bad ?\n"
                            : "the story , a very flat one , was good\n";
    write_file_atomically(directory_ / "texts.txt", texts);
    write_file_atomically(
        directory_ / "pairs.csv",
        "text,other,label\nthe film was good . a charming journey,was the movie bad ?,2\n"
        "\"the story , a very flat one , was good\",was the movie bad ?,1\n"
        "was the movie bad ?,was the movie bad ?,5\n"
        "the film was good . a charming journey,\"the story , a very flat one , was good\",0.5\n");
  }

  ProcessResult finetune(const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",
                     "--model",
                     model_,
                     "--unlabelled",
                     path("texts.txt"),
                     "--output-dir",
                     path(output),
                     "--threads",
                     "1",
                     "--skim-predictor-size",
                     "4",
                     "--max-steps",
                     "30",
                     "--per-device-train-batch-size",
                     "8",
                     "--precision",
                     "f32"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all);
  }
  std::string path(const std::string& name) const { return directory_ / name; }

  std::string model_ = golden_path("sentence_transformers/several_dense");

 private:
  TemporaryDirectory directory_;
};

TEST_F(FinetuneEmbedder, LearnsToSkimFromItsOwnVectors) {
  const ProcessResult trained =
      finetune("half", {"--target-compute", "0.6", "--validation-file", path("pairs.csv"),
                        "--text-pair-column", "other", "--learning-rate", "1e-3", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(trained.json()["best"]["metric"], "spearmanr");
  // Three texts set the threshold, which are not those of the pairs.
  EXPECT_LT(trained.json()["best"]["compute_share"], 0.7);
  const ProcessResult found =
      transkimmer({"predict", "--model", path("half"), "--json"}, "the film was good .\n");
  ASSERT_EQ(found.status, 0) << found.err;
  EXPECT_EQ(found.json()["embedding"].size(), 8U) << found.out;
}

TEST_F(FinetuneEmbedder, LastWeightsAreKeptWithoutPairsToChooseBy) {
  ASSERT_EQ(finetune("out", {"--target-compute", "0.6"}).status, 0);
  const ProcessResult scored =
      transkimmer({"evaluate", "--model", path("out"), "--validation-file", path("pairs.csv"),
                   "--text-pair-column", "other", "--json", "--threads", "1"});
  ASSERT_EQ(scored.status, 0) << scored.err;
  EXPECT_EQ(scored.json()["examples"], 4);
  EXPECT_TRUE(scored.json()["metrics"].contains("spearmanr")) << scored.out;
  EXPECT_TRUE(std::filesystem::exists(path("out/modules.json")));
  EXPECT_TRUE(std::filesystem::exists(path("out/config_sentence_transformers.json")));
}

TEST_F(FinetuneEmbedder, SaysWhatCannotTeach) {
  const ProcessResult nobody = finetune("none", {"--teacher", "none"});
  EXPECT_EQ(nobody.status, 2);
  EXPECT_THAT(nobody.err, HasSubstr("--unlabelled needs --teacher"));
  const ProcessResult single = finetune("single", {"--validation-file", path("pairs.csv")});
  EXPECT_EQ(single.status, 2);
  EXPECT_THAT(single.err, HasSubstr("text 1 has no second one that it could be compared with"));
}

}  // namespace
}  // namespace transkimmer::test
