#include <sstream>
#include <string>
#include <string_view>
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
using ::testing::MatchesRegex;

std::vector<json> json_lines(const ProcessResult& result) {
  std::vector<json> objects;
  for (const auto& line : result.out_lines()) objects.push_back(json::parse(line));
  return objects;
}

class Predict : public ::testing::Test {
 protected:
  Predict() { write_tiny_model(directory_.path()); }

  std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"predict", "--model", directory_.path().string(), "--threads", "1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  ProcessResult predict(std::string_view input, const std::vector<std::string>& arguments = {}) const {
    return transkimmer(command(arguments), input);
  }

  TemporaryDirectory directory_;
};

TEST_F(Predict, GivesLabelAndProbabilityPerLine) {
  const auto result = predict("a charming journey\nflat\n\na film\tnot a film\n");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  ASSERT_EQ(result.out_lines().size(), 4U);
  for (const auto& line : result.out_lines()) {
    EXPECT_THAT(line, MatchesRegex("(negative|positive)\t(0\\.[0-9]{6}|1\\.000000)"));
  }
}

TEST_F(Predict, JsonAgreesWithTextAndTracesTokens) {
  const std::string input = "a charming journey\nflat\n";
  const auto text = predict(input).out_lines();
  const auto objects = json_lines(predict(input, {"--json"}));
  ASSERT_EQ(objects.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const json& object = objects[i];
    EXPECT_TRUE(text[i].starts_with(object["label"].get<std::string>() + '\t'));
    const auto probabilities = object["probabilities"].get<std::vector<double>>();
    ASSERT_EQ(probabilities.size(), 2U);
    EXPECT_NEAR(probabilities[0] + probabilities[1], 1, 1e-6);
    EXPECT_EQ(object["score"], probabilities[object["label_id"].get<std::size_t>()]);
  }
  const json& tokens = objects[0]["tokens"];
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_EQ(tokens[2]["token"], "charming");
  EXPECT_EQ(tokens[2]["begin"], 2);
  EXPECT_EQ(tokens[2]["end"], 10);
  EXPECT_EQ(tokens[0]["skimmed_at"], nullptr) << "the first token is never skimmed";
  const json& kept = objects[0]["kept_fraction"];
  ASSERT_EQ(kept.size(), 3U);
  for (std::size_t layer = 0; layer < kept.size(); ++layer) {
    const auto through = std::count_if(tokens.begin(), tokens.end(), [&](const json& token) {
      return token["skimmed_at"].is_null() || token["skimmed_at"] > layer;
    });
    EXPECT_NEAR(kept[layer], static_cast<double>(through) / 5, 1e-6);
  }
}

TEST_F(Predict, AHighThresholdSkimsAllButTheFirstToken) {
  const auto objects = json_lines(predict("a charming journey\n", {"--json", "--skim-threshold", "1000"}));
  ASSERT_EQ(objects.size(), 1U);
  const json& tokens = objects[0]["tokens"];
  EXPECT_EQ(tokens[0]["skimmed_at"], nullptr);
  for (std::size_t i = 1; i < tokens.size(); ++i) EXPECT_EQ(tokens[i]["skimmed_at"], 0);
}

TEST_F(Predict, DenseSkimsNothing) {
  const auto objects = json_lines(predict("a charming journey\n", {"--json", "--dense"}));
  ASSERT_EQ(objects.size(), 1U);
  for (const auto& token : objects[0]["tokens"]) EXPECT_EQ(token["skimmed_at"], nullptr);
}

TEST_F(Predict, PairsTellWhichTextATokenIsOf) {
  const auto objects = json_lines(predict("flat\tfilm\n", {"--json"}));
  const json& tokens = objects.at(0)["tokens"];
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_FALSE(tokens[1].contains("text_pair"));
  EXPECT_EQ(tokens[3]["text_pair"], true);
}

TEST_F(Predict, ResultsDoNotDependOnHowInputIsCut) {
  std::string input;
  for (int i = 0; i < 700; ++i) input += i % 3 == 0 ? "a very charming journey\n" : "flat film\n";
  const auto lines = predict(input).out_lines();
  ASSERT_EQ(lines.size(), 700U);
  const auto first = predict("a very charming journey\nflat film\n", {"--batch-tokens", "1"}).out_lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& expected = first[i % 3 == 0 ? 0 : 1];
    EXPECT_EQ(lines[i].substr(0, lines[i].size() - 2), expected.substr(0, expected.size() - 2)) << i;
  }
}

TEST_F(Predict, SaysOnceThatTextsAreCutAndOfEach) {
  std::string input = "flat\n";
  for (int line = 0; line < 3; ++line) {
    for (int word = 0; word < 100; ++word) input += "charming ";
    input += "\n";
  }
  const auto result = predict(input, {"--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(
      result.err,
      "note: input 2 has more tokens than the model or --max-length allows: it is cut, and so are others "
      "that are too long\n");
  const auto objects = json_lines(result);
  ASSERT_EQ(objects.size(), 4U);
  for (std::size_t i = 0; i < objects.size(); ++i) EXPECT_EQ(objects[i]["truncated"], i > 0) << i;
}

TEST_F(Predict, ABlankTextWithoutAnyTokensIsNamed) {
  nlohmann::json vocabulary = nlohmann::json::object();
  std::istringstream lines(read_file(directory_ / "vocab.txt"));
  for (std::string token; std::getline(lines, token);) vocabulary[token] = vocabulary.size();
  const nlohmann::json tokenizer = {
      {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", vocabulary}}},
      {"normalizer", {{"type", "BertNormalizer"}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}}};
  write_file_atomically(directory_ / "tokenizer.json", tokenizer.dump());
  EXPECT_EQ(predict("flat\nfilm\n").status, 0);
  const auto result = predict("flat\n\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err,
              HasSubstr("input 1 is blank, and this model's tokenizer puts no tokens around texts"));
}

TEST_F(Predict, TheModelMaxLengthIsWhereTextsAreCut) {
  write_file_atomically(directory_ / "tokenizer_config.json", R"({"model_max_length": 8})");
  const std::string input = "a charming journey of a film that is not flat\n";
  const auto tokens = [&](const std::vector<std::string>& arguments) {
    return json_lines(predict(input, arguments)).at(0)["tokens"].size();
  };
  EXPECT_EQ(tokens({"--json"}), 8U);
  EXPECT_GT(tokens({"--json", "--max-length", "30"}), 8U);
}

TEST_F(Predict, SplitSpecialTokensArePlainText) {
  const auto traced = [&](const std::vector<std::string>& arguments) {
    std::size_t separators = 0;
    const json object = json_lines(predict("flat[SEP][PAD]film\n", arguments)).at(0);
    for (const json& token : object["tokens"])
      separators += token["token"] == "[SEP]" || token["token"] == "[PAD]" ? 1 : 0;
    return separators;
  };
  EXPECT_EQ(traced({"--json"}), 3U);
  EXPECT_EQ(traced({"--json", "--split-special-tokens"}), 1U);
}

TEST_F(Predict, ProgressTellsHowManyAndHowFast) {
  const auto result = predict("flat\nfilm\na charming journey\n", {"--progress"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out_lines().size(), 3U);
  EXPECT_THAT(result.err, MatchesRegex("3 sequences  [0-9.e+]+ sequences/s  in 1 s  [0-9]+ tokens/s\n"));
}

TEST_F(Predict, AnswersEachLineBeforeTheNextIsTyped) {
  Conversation conversation(TRANSKIMMER_PROGRAM, command({}));
  for (int i = 0; i < 3; ++i) {
    conversation.write("a charming journey\n");
    EXPECT_THAT(conversation.read_line(30), MatchesRegex("(negative|positive)\t.*"));
  }
  EXPECT_EQ(conversation.finish(), 0);
}

TEST_F(Predict, LinesBeforeAFaultyOneAreAnswered) {
  const auto result = predict("{\"text\": \"flat\"}\n{\"text\": \"film\"}\n{\"txt\": \"film\"}\n");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out_lines().size(), 2U);
  EXPECT_EQ(result.err, "transkimmer: error: standard input:3: no key 'text'; keys found: 'txt'\n");
}

TEST_F(Predict, BlankLinesAreEmptyTextsAndArePassedOverAmongJsonLines) {
  EXPECT_EQ(predict("\nflat\n\n").out_lines().size(), 3U);
  for (const char* input : {"\n{\"text\": \"flat\"}\n\n{\"text\": \"film\"}\n \n",
                            " {\"text\": \"flat\"}\r\n\r\n{\"text\": \"film\"}"}) {
    const auto result = predict(input);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out_lines().size(), 2U) << input;
  }
}

TEST_F(Predict, ALabelThatHoldsATabOrALineEndBreaksNoLine) {
  const std::string name = "good\tor\nnot \"\\\x1b";
  write_tiny_model(directory_.path(), {.labels = {name, name + "!"}});
  const auto result = predict("flat\nfilm\n");
  ASSERT_EQ(result.out_lines().size(), 2U) << result.out;
  for (const std::string& line : result.out_lines()) {
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 1) << line;
    EXPECT_THAT(json::parse('"' + line.substr(0, line.find('\t')) + '"').get<std::string>(),
                testing::StartsWith(name));
  }
  const auto inspection = transkimmer({"inspect", "--model", directory_.path()});
  EXPECT_THAT(inspection.out, HasSubstr("good\\tor\\nnot \\\"\\\\\\u001b, good"));
}

TEST_F(Predict, EmptyInputGivesNothing) {
  const auto result = predict("");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "");
}

TEST_F(Predict, TooSmallAMaximumLengthIsBadUsage) {
  const auto result = predict("flat\n", {"--max-length", "1"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("transkimmer: error: "));
}

TEST_F(Predict, RegressionGivesTheValue) {
  write_tiny_model(directory_.path(), {.head = HeadKind::regression, .labels = {"LABEL_0"}});
  const auto result = predict("flat\n");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, MatchesRegex("-?[0-9.]+(e-?[0-9]+)?\n"));
  const auto object = json_lines(predict("flat\n", {"--json"})).at(0);
  EXPECT_FALSE(object.contains("label"));
  EXPECT_FALSE(object.contains("probabilities"));
  EXPECT_NEAR(object["score"], std::stod(result.out), 1e-6);
}

TEST_F(Predict, PublishedAttentionIsNotedOnStandardErrorAlone) {
  write_tiny_model(directory_.path(), {.semantics = SkimSemantics::original});
  const auto result = predict("flat\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out_lines().size(), 1U);
  EXPECT_THAT(result.err, MatchesRegex("note: [^\n]*\n"));
}

/// How often `part` occurs.
std::size_t count_of(std::string_view part, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(Predict, DrawsItsTextsOnAPageThatNeedsNothingElse) {
  const TemporaryDirectory directory;
  const std::string page = (directory / "page.html").string();
  const std::string input = "a charming journey\nflat <script>\tfilm\n";
  const auto result = predict(input, {"--html", page});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, predict(input).out) << "what is printed stays";
  const std::string html = read_file(page);
  EXPECT_TRUE(html.starts_with("<!doctype html>")) << html.substr(0, 40);
  EXPECT_TRUE(html.ends_with("</html>\n"));
  EXPECT_EQ(count_of("<div class=\"skim-drawing\">", html), 2U);
  EXPECT_THAT(html, HasSubstr("aria-label=\"charming: "));
  EXPECT_THAT(html, HasSubstr("&lt;"));
  for (const auto* foreign : {"<script", "<link", "<img", "src=", "url(", "http"})
    EXPECT_EQ(html.find(foreign), html.npos) << foreign;
}

TEST_F(Predict, DrawsTextsOfModelsThatSayWhereTokensLeft) {
  const TemporaryDirectory directory;
  const std::string page = (directory / "page.html").string();
  write_tiny_model(directory_.path(), {.head = HeadKind::token_classification, .labels = {"O", "B-X"}});
  EXPECT_EQ(predict("a film\n", {"--html", page}).status, 0);
  EXPECT_THAT(read_file(page), HasSubstr("aria-label=\"a: "));
  write_tiny_model(directory_.path(), {.head = HeadKind::regression, .labels = {"x"}});
  EXPECT_EQ(predict("a\tfilm\n", {"--html", page, "--head", "reranker"}).status, 0);
  EXPECT_THAT(read_file(page), HasSubstr("film"));
  write_tiny_model(directory_.path(), {.head = HeadKind::question_answering, .labels = {}});
  const auto result = predict("a\tfilm\n", {"--html", page});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("--html draws the tokens of classifiers"));
}

TEST_F(Predict, DamagedModelsAreNamed) {
  std::filesystem::remove(directory_ / "model.safetensors");
  auto result = predict("flat\n");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("model.safetensors"));
  write_file_atomically(directory_ / "config.json", "{");
  result = predict("flat\n");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("config.json"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1);
}

}  // namespace
}  // namespace transkimmer::test
