#include "metrics/entity_scores.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using Sentences = std::vector<std::vector<std::string>>;

std::vector<TagSequence> views(const Sentences& sentences) {
  std::vector<TagSequence> all;
  for (const auto& sentence : sentences) all.emplace_back(sentence.begin(), sentence.end());
  return all;
}

EntityScores scores_of(const Sentences& gold, const Sentences& predicted) {
  return entity_scores(views(gold), views(predicted));
}

json golden() {
  std::ifstream file(std::filesystem::path(TRANSKIMMER_TEST_DATA) /
                     "golden/token_classification/seqeval.json");
  return json::parse(file);
}

void expect_shares(const EntityShares& shares, const json& expected) {
  EXPECT_DOUBLE_EQ(shares.precision, expected[0].get<double>());
  EXPECT_DOUBLE_EQ(shares.recall, expected[1].get<double>());
  EXPECT_DOUBLE_EQ(shares.f1, expected[2].get<double>());
}

TEST(EntityScores, AreThoseOfSeqevalWhateverTheTags) {
  const json cases = golden();
  ASSERT_GE(cases.size(), 200U);
  for (const json& one : cases) {
    SCOPED_TRACE(one.dump());
    const auto gold = one["gold"].get<Sentences>();
    const EntityScores scores = scores_of(gold, one["predicted"].get<Sentences>());
    expect_shares(scores.overall, one["overall"]);
    EXPECT_DOUBLE_EQ(scores.accuracy, one["accuracy"].get<double>());
    ASSERT_EQ(scores.by_type.size(), one["types"].size());
    for (const auto& [type, shares] : scores.by_type) {
      expect_shares(shares, one["types"][type]);
      EXPECT_EQ(shares.number, one["types"][type][3].get<std::size_t>());
    }
    json spans = json::array();
    for (const TagSpan& span : tag_spans(views(gold))) spans.push_back({span.type, span.first, span.last});
    EXPECT_EQ(spans, one["entities"]);
  }
}

TEST(EntityScores, AnInsideTagWithoutABeginningBeginsAnEntity) {
  const EntityScores scores =
      scores_of({{"I-PER", "I-PER", "O", "B-LOC"}}, {{"B-PER", "I-PER", "O", "I-LOC"}});
  EXPECT_EQ(scores.overall.f1, 1);
  EXPECT_EQ(scores.accuracy, 0.5);
  EXPECT_EQ(scores.named().at("f1"), 1);
}

TEST(EntityScores, EntitiesEndWithTheirSentence) {
  EXPECT_EQ(tag_spans(views({{"B-PER"}, {"I-PER"}})).size(), 2U);
}

TEST(EntityScores, RefuseWhatCannotBeCompared) {
  EXPECT_THROW(scores_of({{"O"}}, {{"O", "O"}}), UsageError);
  EXPECT_THROW(scores_of({{"O"}}, {}), UsageError);
  EXPECT_THROW(scores_of({{}}, {{}}), UsageError);
  EXPECT_THROW(scores_of({{""}}, {{"O"}}), UsageError);
}

/// Random sentences of tags; what is predicted is mostly right.
json random_case(std::mt19937_64& random) {
  constexpr std::array kTags = {"O",   "O",   "B-A", "I-A", "B-B", "I-B", "E-A",  "S-A",
                                "E-B", "S-B", "A",   "B",   "B-",  ".",   "X-A-B"};
  json gold = json::array(), predicted = json::array();
  for (std::size_t sentences = 1 + random() % 5; sentences > 0; --sentences) {
    json tags = json::array(), guesses = json::array();
    for (std::size_t words = 1 + random() % 12; words > 0; --words) {
      tags.push_back(kTags[random() % kTags.size()]);
      guesses.push_back(random() % 3 == 0 ? json(kTags[random() % kTags.size()]) : tags.back());
    }
    gold.push_back(tags);
    predicted.push_back(guesses);
  }
  return {{"gold", gold}, {"predicted", predicted}};
}

/// What the script prints, and how it ends.
std::pair<std::string, int> run_script(const std::filesystem::path& cases) {
  const char* const python = std::getenv("TRANSKIMMER_PYTHON");
  const std::string command = std::string(python == nullptr ? "python3" : python) + " " +
                              (std::filesystem::path(__FILE__).parent_path() / "seqeval_scores.py").string() +
                              " " + cases.string();
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t read = 0; (read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), read);
  const int status = ::pclose(pipe);
  return {out, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

TEST(EntityScores, AgreeWithSeqevalWhereItIsInstalled) {
  const auto file = std::filesystem::temp_directory_path() / ("seqeval-" + std::to_string(::getpid()));
  std::mt19937_64 random(5);
  std::vector<json> cases;
  std::ofstream out(file);
  for (int i = 0; i < 500; ++i) out << cases.emplace_back(random_case(random)).dump() << '\n';
  out.close();
  const auto [text, status] = run_script(file);
  std::filesystem::remove(file);
  if (status != 0) GTEST_SKIP() << "the Python package seqeval is not installed";
  std::istringstream lines(text);
  for (const json& one : cases) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const EntityScores scores = scores_of(one["gold"].get<Sentences>(), one["predicted"].get<Sentences>());
    expect_shares(scores.overall, json::parse(line));
    EXPECT_DOUBLE_EQ(scores.accuracy, json::parse(line)[3].get<double>()) << one;
  }
}

}  // namespace
}  // namespace transkimmer
