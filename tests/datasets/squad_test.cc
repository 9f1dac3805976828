#include "datasets/squad.h"

#include <cstddef>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// A file of one paragraph; `questions` are JSON objects.
std::string paragraph(const std::string& context, const std::string& questions) {
  return R"({"version":"v2.0","data":[{"title":"T","paragraphs":[{"context":")" + context + R"(","qas":[)" +
         questions + "]}]}]}";
}

const char* const kTwoVersions =
    R"({"version":"v2.0","data":[
  {"title":"Bridges","paragraphs":[
    {"context":"The bridge is old.","qas":[
      {"id":"a","question":"What is old?","is_impossible":false,
       "answers":[{"text":"The bridge","answer_start":0},{"text":"bridge","answer_start":4}]},
      {"id":"b","question":"Who built it?","is_impossible":true,"answers":[],
       "plausible_answers":[{"text":"old","answer_start":14}]}]}]},
  {"title":"Rivers","paragraphs":[
    {"context":"It flows.","qas":[
      {"id":"c","question":"What does it do?","answers":[{"text":"flows","answer_start":3}]}]}]}]})";

TEST(Squad, ReadsQuestionsOfBothVersions) {
  const QaDataset dataset = parse_squad(kTwoVersions, "t.json");
  ASSERT_EQ(dataset.examples.size(), 3U);
  EXPECT_EQ(dataset.contexts, (std::vector<std::string>{"The bridge is old.", "It flows."}));
  EXPECT_TRUE(dataset.labelled);
  EXPECT_EQ(dataset.examples[0].question, "What is old?");
  EXPECT_EQ(dataset.examples[0].answers, (std::vector<QaAnswer>{{"The bridge", 0}, {"bridge", 4}}));
  EXPECT_EQ(dataset.examples[1].id, "b");
  EXPECT_TRUE(dataset.examples[1].answers.empty()) << "a plausible answer is none";
  EXPECT_EQ(dataset.context_of(dataset.examples[1]), "The bridge is old.");
  EXPECT_EQ(dataset.context_of(dataset.examples[2]), "It flows.");
}

TEST(Squad, CountsOffsetsInCharactersAndGivesBytes) {
  // Two bytes, three bytes and four bytes stand before the answer.
  const QaDataset dataset = parse_squad(
      paragraph("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8C\x89 na\xC3\xAFve",
                R"({"id":"a","question":"q","answers":[{"text":"na\u00efve","answer_start":6}]})"),
      "t.json");
  ASSERT_EQ(dataset.examples.front().answers.size(), 1U);
  EXPECT_EQ(dataset.examples.front().answers.front().begin, 12U);
  EXPECT_EQ(dataset.contexts.front().substr(12), "na\xC3\xAFve");
}

TEST(Squad, ReadsAFileWithoutAnswersAsUnlabelled) {
  const QaDataset dataset = parse_squad(
      paragraph("Some text.", R"({"id":"a","question":"q"},{"id":"b","question":"r"})"), "t.json");
  EXPECT_FALSE(dataset.labelled);
  EXPECT_EQ(dataset.examples.size(), 2U);
}

TEST(Squad, SkipsAByteOrderMark) {
  std::string text = "\xEF\xBB\xBF";
  text += kTwoVersions;
  EXPECT_EQ(parse_squad(text, "t.json").examples.size(), 3U);
}

TEST(Squad, FindsTheFileOfASplit) {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "squad2");
  std::ofstream(directory / "squad2/dev-v2.0.json") << kTwoVersions;
  std::ofstream(directory / "train-v1.1.json") << kTwoVersions;
  EXPECT_EQ(find_squad_file(directory.path(), Split::dev), directory / "squad2/dev-v2.0.json");
  EXPECT_EQ(find_squad_file(directory / "squad2", Split::dev), directory / "squad2/dev-v2.0.json");
  EXPECT_EQ(find_squad_file(directory.path(), Split::train), directory / "train-v1.1.json");
  EXPECT_EQ(find_squad_file(directory / "train-v1.1.json", Split::dev), directory / "train-v1.1.json");
  EXPECT_THROW(find_squad_file(directory.path(), Split::test), IoError);
  EXPECT_EQ(load_squad(directory / "squad2/dev-v2.0.json").examples.size(), 3U);
}

}  // namespace
}  // namespace transkimmer
