// What predict prints of entities and of vectors. Labels and values: predict_test.cc.
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/process.h"
#include "model_files/json/json.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

ProcessResult predict(const std::filesystem::path& model, const std::string& input,
                      const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"predict", "--model", model.string(), "--threads", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return transkimmer(arguments, input);
}

class PrintedEntities : public testing::Test {
 protected:
  PrintedEntities() {
    // Where all labels are of one kind or another, every word is of an entity.
    write_tiny_model(directory_.path(),
                     {.head = HeadKind::token_classification, .labels = {"B-PER", "B-A\tB", "I-PER"}});
  }
  ProcessResult predict(const std::string& input, const std::vector<std::string>& more = {}) const {
    return test::predict(directory_.path(), input, more);
  }

  TemporaryDirectory directory_;
};

TEST_F(PrintedEntities, StandOnOneLineWithTheirWords) {
  const std::string input = "a charming journey\nthe movie was flat\n";
  const ProcessResult text = predict(input);
  ASSERT_EQ(text.status, 0) << text.err;
  const std::vector<std::string> lines = text.out_lines(), objects = predict(input, {"--json"}).out_lines();
  ASSERT_EQ(lines.size(), 2U);
  ASSERT_EQ(objects.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    std::string expected;
    const json object = json::parse(objects[i]);
    for (const json& entity : object["entities"]) {
      const auto group = entity["entity_group"].get<std::string>();
      expected += (expected.empty() ? "" : "\t") + (group == "A\tB" ? "A\\tB" : group) + ": " +
                  entity["word"].get<std::string>();
    }
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(lines[i], expected);
  }
}

TEST_F(PrintedEntities, AreCountedInCharactersOfTheTextTheyAreOf) {
  // A character of two bytes and one of three stand first.
  const std::string first = "\xC3\xA9\xE2\x82\xAC a film", second = "the movie was flat";
  const ProcessResult result = predict(first + "\t" + second + "\n", {"--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json object = result.json();
  EXPECT_EQ(object["truncated"], false);
  EXPECT_EQ(object["kept_fraction"].size(), 3U);
  bool of_first = false, of_second = false;
  for (const json& entity : object["entities"]) {
    const bool is_second = entity.contains("text_pair");
    (is_second ? of_second : of_first) = true;
    const auto start = entity["start"].get<std::size_t>(), end = entity["end"].get<std::size_t>();
    EXPECT_GT(entity["score"], 1.0 / 3);
    EXPECT_LE(entity["score"], 1);
    const auto byte = [&](std::size_t character) {
      return is_second || character == 0 ? character : character + (character == 1 ? 1 : 3);
    };
    const std::string text = is_second ? second : first;
    EXPECT_EQ(text.substr(byte(start), byte(end) - byte(start)), entity["word"]);
  }
  EXPECT_TRUE(of_first && of_second);
}

TEST(PrintedVectors, AreThoseOfSentenceTransformersAsTextAndJson) {
  const std::filesystem::path model = golden_path("sentence_transformers/mean");
  const json expected = read_json(model / "expected.json");
  std::string input;
  for (const json& text : expected["texts"]) input += text.get<std::string>() + "\n";
  const std::vector<std::string> lines = predict(model, input).out_lines();
  const std::vector<std::string> objects = predict(model, input, {"--json"}).out_lines();
  ASSERT_EQ(lines.size(), expected["vectors"].size());
  ASSERT_EQ(objects.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const json object = json::parse(objects[i]);
    const std::vector<double> wanted = expected["vectors"][i], values = object["embedding"];
    std::istringstream words(lines[i]);
    ASSERT_EQ(values.size(), wanted.size());
    for (std::size_t k = 0; k < values.size(); ++k) {
      EXPECT_NEAR(values[k], wanted[k], 1e-5);
      float word = 0;
      EXPECT_TRUE(words >> word);
      EXPECT_EQ(word, static_cast<float>(values[k]));
    }
    EXPECT_EQ(object["truncated"], i == 3) << "max_seq_length is 24";
    EXPECT_EQ(object["kept_fraction"], json({1.0, 1.0}));
  }
}

}  // namespace
}  // namespace transkimmer::test
