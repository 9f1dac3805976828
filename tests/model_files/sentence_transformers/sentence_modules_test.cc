#include "model_files/sentence_transformers/sentence_modules.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/golden.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

fs::path several_dense() {
  return golden_path("sentence_transformers/several_dense");
}

TEST(SentenceModules, BecomeAHead) {
  const std::optional<HeadSpec> head = read_sentence_modules(several_dense(), 16);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->kind, HeadKind::embedding);
  EXPECT_EQ(head->reads, Reads::pooled);
  ASSERT_EQ(head->steps.size(), 2U);
  EXPECT_EQ(head->steps[0].name, "2_Dense.linear");
  EXPECT_EQ(head->steps[1].name, "3_Dense.linear");
  EXPECT_TRUE(head->normalize);
  EXPECT_FALSE(read_sentence_modules(golden_path("sentence_transformers/raw_last"), 16)->normalize);
}

TEST(SentenceModules, ThatTakeTheFirstTokenPoolNothing) {
  const std::optional<HeadSpec> head = read_sentence_modules(golden_path("sentence_transformers/first"), 16);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->reads, Reads::first);
  EXPECT_TRUE(head->pooling.empty());
}

TEST(SentenceModules, AreNoneWithoutTheFileOrWithoutPooling) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(read_sentence_modules(directory.path(), 16));
  write_file_atomically(directory / "modules.json", R"([{"type": "a.Transformer", "path": ""}])");
  EXPECT_FALSE(read_sentence_modules(directory.path(), 16));
}

TEST(SentenceModules, ACopyHasEveryFileThatTheyRead) {
  const TemporaryDirectory directory;
  copy_sentence_modules(several_dense(), directory.path());
  std::set<std::string> copied;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), directory.path());
    copied.insert(name.string());
    EXPECT_EQ(read_file(entry.path()), read_file(several_dense() / name)) << name;
  }
  EXPECT_THAT(copied,
              ElementsAre("1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors",
                          "3_Dense/config.json", "3_Dense/model.safetensors", "4_Normalize/config.json",
                          "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json"));
}

TEST(SentenceModules, OfAnOrdinaryModelAreNotCopied) {
  const TemporaryDirectory source, destination;
  write_file_atomically(source / "sentence_bert_config.json", "{}");
  copy_sentence_modules(source.path(), destination.path());
  EXPECT_TRUE(is_empty_directory(destination.path()));
}

}  // namespace
}  // namespace transkimmer::test
