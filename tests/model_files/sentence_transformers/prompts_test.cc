#include "model_files/sentence_transformers/prompts.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::Pair;

class PromptsOf : public testing::Test {
 protected:
  Prompts read(const std::string& settings) const {
    write_file_atomically(directory_ / "config_sentence_transformers.json", settings);
    return read_prompts(directory_.path());
  }
  std::string error_of(const std::string& settings) const {
    try {
      read(settings);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "none";
  }

  TemporaryDirectory directory_;
};

TEST_F(PromptsOf, AFolderWithoutTheFileAreNone) {
  const Prompts prompts = read_prompts(directory_.path());
  EXPECT_TRUE(prompts.named.empty());
  EXPECT_EQ(prompts.usual, "");
}

TEST_F(PromptsOf, TheFileKeepTheirOrder) {
  const Prompts prompts = read(R"({"prompts": {"query": "q: ", "document": "", "a": "b"}})");
  EXPECT_THAT(prompts.named, ElementsAre(Pair("query", "q: "), Pair("document", ""), Pair("a", "b")));
  EXPECT_EQ(prompts.usual, "") << "no default_prompt_name";
}

TEST_F(PromptsOf, TheUsualOneIsTheOneThatIsNamed) {
  EXPECT_EQ(
      read(R"({"prompts": {"query": "q: ", "document": "d: "}, "default_prompt_name": "document"})").usual,
      "d: ");
  EXPECT_EQ(read(R"({"prompts": {"query": "q: "}, "default_prompt_name": null})").usual, "");
}

TEST_F(PromptsOf, MalformedFilesAreNamed) {
  EXPECT_THAT(error_of(R"({"prompts": ["q"]})"),
              EndsWith("config_sentence_transformers.json: 'prompts' is an array, expected an object"));
  EXPECT_THAT(error_of(R"({"prompts": {"query": 1}})"),
              EndsWith("'prompts' has 1 for 'query', expected a text"));
  EXPECT_THAT(error_of(R"({"prompts": {"query": "q"}, "default_prompt_name": "document"})"),
              EndsWith("'default_prompt_name' is \"document\", expected the name of one of 'prompts'"));
}

}  // namespace
}  // namespace transkimmer::test
