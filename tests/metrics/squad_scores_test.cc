#include "metrics/squad_scores.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/answer_normalization.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

TEST(NormalizeAnswer, DropsCasePunctuationArticlesAndBlanks) {
  EXPECT_EQ(normalize_answer("  The  Old-Bridge,\n(of) a town! "), "oldbridge of town");
  EXPECT_EQ(normalize_answer("an A the THE"), "");
  EXPECT_EQ(normalize_answer("$1,000_000.50"), "100000050");
  EXPECT_EQ(normalize_answer(""), "");
}

TEST(NormalizeAnswer, TakesArticlesForWholeWordsOnly) {
  EXPECT_EQ(normalize_answer("another theatre, Athens"), "another theatre athens");
  // Punctuation goes first, so an article may come to be, or to end, by its going.
  EXPECT_EQ(normalize_answer("t.h.e end"), "end");
  EXPECT_EQ(normalize_answer("a-team"), "ateam");
}

TEST(NormalizeAnswer, ReadsUnicodeAsPythonDoes) {
  // Typographic quotes and dashes are no ASCII punctuation; a dash still ends a word.
  EXPECT_EQ(normalize_answer("\xE2\x80\x9CThe End\xE2\x80\x9D"), "\xE2\x80\x9C end\xE2\x80\x9D");
  EXPECT_EQ(normalize_answer("a\xE2\x80\x93z"), "\xE2\x80\x93z");
  // A combining mark is no letter of a word: "the" before one is an article.
  EXPECT_EQ(normalize_answer("the\xCC\x81"), "\xCC\x81");
  // No-break space, ideographic space and the information separators part words.
  EXPECT_EQ(normalize_answer("one\xC2\xA0two\xE3\x80\x80three\x1F"
                             "four"),
            "one two three four");
  // Capital dotted I becomes two characters, a sigma at a word's end the final one.
  EXPECT_EQ(normalize_answer("\xC4\xB0"), "i\xCC\x87");
  EXPECT_EQ(normalize_answer("\xCE\x9F\xCE\xA3 \xCE\xA3"), "\xCE\xBF\xCF\x82 \xCF\x83");
}

TEST(NormalizeAnswer, ReadsInvalidBytesAsReplacementCharacters) {
  EXPECT_EQ(normalize_answer("a\xFF"), "\xEF\xBF\xBD");
}

TEST(AnswerF1, CountsCommonWordsAsOftenAsBothHaveThem) {
  // Two of three words predicted are right (big counts once), two of four expected are found.
  EXPECT_DOUBLE_EQ(answer_f1("big red wooden bridge", "big big bridge"),
                   2 * (2.0 / 3) * 0.5 / (2.0 / 3 + 0.5));
  EXPECT_EQ(answer_f1("bridge", "river"), 0.0);
  EXPECT_EQ(answer_f1("the bridge", "Bridge."), 1.0);
}

TEST(AnswerF1, OfNothingIsOneForNothingOnly) {
  EXPECT_EQ(answer_f1("", ""), 1.0);
  EXPECT_EQ(answer_f1("", "the"), 1.0);
  EXPECT_EQ(answer_f1("", "bridge"), 0.0);
  EXPECT_EQ(answer_f1("bridge", ""), 0.0);
}

TEST(AnswerScores, AreTheBestOverGoldAnswers) {
  const AnswerScores scores = answer_scores({{"river", "the old bridge", "bridge"}, "Old bridge"});
  EXPECT_EQ(scores.exact, 1.0);
  EXPECT_EQ(scores.f1, 1.0);
  // Exact and F1 may be best for different answers, and a gold answer that is but an article does not count.
  const AnswerScores partial = answer_scores({{"a", "old stone bridge"}, ""});
  EXPECT_EQ(partial.exact, 0.0);
  EXPECT_EQ(partial.f1, 0.0);
  EXPECT_EQ(answer_scores({{"a"}, ""}).exact, 1.0);
  EXPECT_EQ(answer_scores({{}, ""}).f1, 1.0);
  EXPECT_EQ(answer_scores({{}, "bridge"}).f1, 0.0);
}

/// Two answerable questions, one half right; two unanswerable ones, one answered.
std::vector<AnsweredQuestion> four_questions() {
  return {{{"old bridge"}, "old bridge", -5.0},
          {{}, "river", 2.0},
          {{"red house", "house"}, "red brick", -1.0},
          {{}, "", 4.0}};
}

TEST(SquadScores, AreThoseOfTheOfficialScript) {
  const auto scores = squad_scores(four_questions());
  EXPECT_EQ(scores.at("exact"), 50.0);
  EXPECT_EQ(scores.at("f1"), 62.5);  // 1, 0, 1/2, 1
  EXPECT_EQ(scores.at("total"), 4.0);
  EXPECT_EQ(scores.at("HasAns_exact"), 50.0);
  EXPECT_EQ(scores.at("HasAns_f1"), 75.0);
  EXPECT_EQ(scores.at("HasAns_total"), 2.0);
  EXPECT_EQ(scores.at("NoAns_exact"), 50.0);
  EXPECT_EQ(scores.at("NoAns_f1"), 50.0);
  EXPECT_EQ(scores.at("NoAns_total"), 2.0);
  // Answering the first question only: 3 of 4; F1 gains a half by the second in order of null odds.
  EXPECT_EQ(scores.at("best_exact"), 75.0);
  EXPECT_EQ(scores.at("best_exact_thresh"), -5.0);
  EXPECT_EQ(scores.at("best_f1"), 87.5);
  EXPECT_EQ(scores.at("best_f1_thresh"), -1.0);
  EXPECT_EQ(scores.size(), 13U);
}

TEST(SquadScores, LeaveOutGroupsWithoutQuestions) {
  const auto scores = squad_scores(std::vector<AnsweredQuestion>{{{"x"}, "x", 0.0}});
  EXPECT_FALSE(scores.contains("NoAns_total"));
  EXPECT_EQ(scores.at("HasAns_exact"), 100.0);
  EXPECT_THROW(squad_scores({}), UsageError);
}

TEST(BestThreshold, StartsFromNeverAnsweringAtZero) {
  const std::vector<AnsweredQuestion> questions = {{{}, "river", -3.0}, {{"a b"}, "c", 7.0}};
  const BestThreshold best = best_threshold(questions, std::vector<double>{0.0, 0.0});
  EXPECT_EQ(best.score, 50.0);
  EXPECT_EQ(best.threshold, 0.0);
}

TEST(BestThreshold, TakesTheEarlierOfEqualOddsFirst) {
  const std::vector<AnsweredQuestion> questions = {{{"x"}, "x", 1.0}, {{}, "river", 1.0}};
  // The script may part questions of equal odds, though no threshold can.
  EXPECT_EQ(best_threshold(questions, std::vector<double>{1.0, 0.0}).score, 100.0);
  const std::vector<AnsweredQuestion> reversed = {questions[1], questions[0]};
  EXPECT_EQ(best_threshold(reversed, std::vector<double>{0.0, 1.0}).score, 50.0);
  EXPECT_THROW(best_threshold(questions, std::vector<double>{1.0}), UsageError);
}

}  // namespace
}  // namespace transkimmer
