#include "features/questions/qa_decoding.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// The published code's inputs and outputs (tests/data/golden/README.md).
const json& golden() {
  static const json document = json::parse(std::ifstream(test::golden_path("qa_postprocess.json")));
  return document;
}

/// The golden windows with what decoding reads of them. Their contexts are ASCII: characters are bytes.
QaFeatures golden_features() {
  QaFeatures features;
  std::string example;
  for (const json& feature : golden().at("features")) {
    const auto id = feature.at("example_id").get<std::string>();
    if (id != example) {
      features.context_of_example.push_back(features.context_offsets.size());
      features.context_offsets.emplace_back();
      features.first_window.push_back(features.windows.size());
    }
    example = id;
    std::vector<ByteRange>& offsets = features.context_offsets.back();
    QaWindow& window = features.windows.emplace_back();
    window.example = features.context_offsets.size() - 1;
    const json& mapping = feature.at("offset_mapping");
    for (std::uint32_t t = 0; t < mapping.size(); ++t) {
      if (mapping[t].is_null()) continue;
      const ByteRange range{mapping[t][0], mapping[t][1]};
      const auto piece = std::find(offsets.begin(), offsets.end(), range) - offsets.begin();
      if (window.context_end == 0) {
        window.context_begin = t;
        window.first_piece = static_cast<std::uint32_t>(piece);
      }
      window.context_end = t + 1;
      if (piece == static_cast<std::ptrdiff_t>(offsets.size())) offsets.push_back(range);
    }
    features.tokens.starts.push_back(features.tokens.starts.back() + mapping.size());
    features.first_window.back() = features.windows.size();
  }
  return features;
}

/// The logits of one question's windows, without what the published code pads them with.
std::vector<TokenLogits> golden_logits(const QaFeatures& features, std::size_t example) {
  std::vector<TokenLogits> logits;
  for (std::size_t w = features.first_window[example]; w < features.first_window[example + 1]; ++w) {
    TokenLogits& of_window = logits.emplace_back();
    of_window.start = golden().at("start_logits")[w].get<std::vector<double>>();
    of_window.end = golden().at("end_logits")[w].get<std::vector<double>>();
    of_window.start.resize(features.tokens.length(w));
    of_window.end.resize(features.tokens.length(w));
  }
  return logits;
}

QaDecodingOptions settings(const json& run) {
  QaDecodingOptions options;
  options.n_best = run.at("n_best_size");
  options.max_answer_length = run.at("max_answer_length");
  options.allow_no_answer = run.at("version_2_with_negative");
  options.null_threshold = run.at("null_score_diff_threshold");
  return options;
}

std::string text_of(std::size_t example, const QaCandidate& candidate) {
  const auto context = golden().at("examples")[example].at("context").get<std::string>();
  return context.substr(candidate.range.begin, candidate.range.end - candidate.range.begin);
}

class GoldenDecoding : public testing::TestWithParam<int> {};

TEST_P(GoldenDecoding, GivesThePublishedAnswersToTheLastDigit) {
  const QaFeatures features = golden_features();
  const json& run = golden().at("runs")[static_cast<std::size_t>(GetParam())];
  ASSERT_EQ(features.questions(), 8U);
  for (std::size_t e = 0; e < features.questions(); ++e) {
    const std::string id = golden().at("examples")[e].at("id");
    SCOPED_TRACE(id);
    const QaDecision decision = decode_answer(features, e, golden_logits(features, e), settings(run));
    const auto expected = run.at("predictions").at(id).get<std::string>();
    // "empty" stands for the want of any passage.
    EXPECT_EQ(text_of(e, decision.answer), expected == "empty" ? "" : expected);
    if (!run.at("null_odds").is_null()) {
      EXPECT_EQ(decision.null_odds, run.at("null_odds").at(id).get<double>());
    }
    if (expected == "empty") {
      EXPECT_TRUE(decision.n_best.empty());
      continue;
    }
    EXPECT_EQ(decision.n_best.size(), run.at("nbest_count").at(id).get<std::size_t>());
    for (std::size_t i = 0; i < run.at("nbest_top3").at(id).size(); ++i) {
      const json& candidate = run.at("nbest_top3").at(id)[i];
      EXPECT_EQ(text_of(e, decision.n_best.at(i)), candidate.at("text").get<std::string>());
      EXPECT_EQ(decision.n_best[i].start_logit, candidate.at("start_logit").get<double>());
      EXPECT_EQ(decision.n_best[i].end_logit, candidate.at("end_logit").get<double>());
      EXPECT_NEAR(decision.n_best[i].probability, candidate.at("probability").get<double>(), 1e-15);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, GoldenDecoding, testing::Range(0, 5));

/// One question with two windows over a context of four tokens "ab cd ef gh" that share the middle two.
QaFeatures two_windows() {
  QaFeatures features;
  features.context_offsets = {{{0, 2}, {3, 5}, {6, 8}, {9, 11}}};
  features.context_of_example = {0};
  features.windows = {{.context_begin = 2, .context_end = 5, .first_piece = 0},
                      {.context_begin = 2, .context_end = 5, .first_piece = 1}};
  features.first_window = {0, 2};
  features.tokens.starts = {0, 6, 12};
  return features;
}

TEST(DecodeAnswer, TakesTheLeastNullScoreOverWindows) {
  const std::vector<TokenLogits> logits = {{{3, 0, 4, 0, 0, 0}, {3, 0, 4, 0, 0, 0}},
                                           {{1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}}};
  const QaDecision decision = decode_answer(two_windows(), 0, logits, {});
  EXPECT_EQ(decision.null_odds, 2.0 - 8.0);
  EXPECT_EQ(decision.answer.range, (ByteRange{0, 2}));
}

TEST(DecodeAnswer, SaysNoAnswerOnlyAboveTheThreshold) {
  const std::vector<TokenLogits> logits(2, TokenLogits{{1, 0, 0, 1, 0, 0}, {1, 0, 0, 0, 1, 0}});
  QaDecodingOptions options;
  EXPECT_EQ(decode_answer(two_windows(), 0, logits, options).answer.range, (ByteRange{3, 8}));
  options.null_threshold = -0.5;
  const QaDecision decision = decode_answer(two_windows(), 0, logits, options);
  EXPECT_TRUE(decision.answer.null);
  EXPECT_EQ(decision.best_passage.range, (ByteRange{3, 8}));
  options.allow_no_answer = false;
  EXPECT_FALSE(decode_answer(two_windows(), 0, logits, options).answer.null);
}

TEST(DecodeAnswer, HeedsMaxContextWhenAsked) {
  // "ef" ends the first window and stands in the middle of the second.
  const std::vector<TokenLogits> logits = {{{0, 0, 0, 0, 9, 0}, {0, 0, 0, 0, 0, 0}},
                                           {{0, 0, 0, 1, 0, 0}, {0, 0, 0, 1, 0, 0}}};
  QaDecodingOptions options;
  EXPECT_EQ(decode_answer(two_windows(), 0, logits, options).answer.score(), 9.0);
  options.max_context_only = true;
  EXPECT_EQ(decode_answer(two_windows(), 0, logits, options).answer.score(), 2.0);
}

TEST(DecodeAnswer, GivesNoneWhenEveryPassageIsTooLong) {
  const std::vector<TokenLogits> logits(2, TokenLogits{{0, 0, 5, 0, 0, 0}, {0, 0, 0, 0, 5, 0}});
  QaDecodingOptions options{.n_best = 1, .max_answer_length = 2};
  const QaDecision decision = decode_answer(two_windows(), 0, logits, options);
  EXPECT_TRUE(decision.answer.null);
  EXPECT_TRUE(decision.best_passage.null);
  EXPECT_EQ(decision.null_odds, 0.0);
  EXPECT_EQ(decision.answer.probability, 1.0) << "of all candidates, of which there is no other";
  options.allow_no_answer = false;
  EXPECT_TRUE(decode_answer(two_windows(), 0, logits, options).n_best.empty());
}

TEST(DecodeAnswer, TakesBlanksNeitherForAPassageNorForNoAnswer) {
  // "ab  cd": the second token is a blank, of which no bytes are left.
  QaFeatures features;
  features.context_offsets = {{{0, 2}, {3, 3}, {4, 6}}};
  features.context_of_example = {0};
  features.windows = {{.context_begin = 2, .context_end = 5}};
  features.first_window = {0, 1};
  features.tokens.starts = {0, 6};
  const std::vector<TokenLogits> logits = {{{0, 0, 0, 9, 0, 0}, {0, 0, 0, 9, 0, 0}}};
  const QaDecision decision = decode_answer(features, 0, logits, {});
  EXPECT_EQ(decision.answer.range, (ByteRange{3, 6})) << "a blank may begin a passage";
  EXPECT_EQ(decision.null_odds, -9.0);
  const auto nulls = std::count_if(decision.n_best.begin(), decision.n_best.end(),
                                   [](const QaCandidate& candidate) { return candidate.null; });
  EXPECT_EQ(nulls, 1);
  for (const QaCandidate& candidate : decision.n_best)
    EXPECT_EQ(candidate.null, candidate.range.begin == candidate.range.end);
}

TEST(DecodeAnswer, RefusesLogitsThatAreNotTheWindows) {
  const TokenLogits fitting{std::vector<double>(6), std::vector<double>(6)};
  const TokenLogits short_one{std::vector<double>(5), std::vector<double>(6)};
  TokenLogits broken = fitting;
  broken.end[3] = std::numeric_limits<double>::quiet_NaN();
  const auto decode = [](const std::vector<TokenLogits>& logits, QaDecodingOptions options = {}) {
    return decode_answer(two_windows(), 0, logits, options);
  };
  EXPECT_NO_THROW(decode({fitting, fitting}));
  EXPECT_THROW(decode({fitting}), UsageError);
  EXPECT_THROW(decode({fitting, short_one}), UsageError);
  EXPECT_THROW(decode({fitting, broken}), UsageError);
  EXPECT_THROW(decode({fitting, fitting}, {.n_best = 0}), UsageError);
  EXPECT_THROW(decode({fitting, fitting}, {.max_answer_length = 0}), UsageError);
}

TEST(TokenLogits, PartStartsFromEnds) {
  const TokenLogits logits = token_logits(std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(logits.start, (std::vector<double>{1, 3}));
  EXPECT_EQ(logits.end, (std::vector<double>{2, 4}));
}

}  // namespace
}  // namespace transkimmer
