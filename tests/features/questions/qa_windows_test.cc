#include "features/questions/qa_windows.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/tokenizers/tokenizer_files.h"
#include "support/listed_tokenizer.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

/// "c0 c1 ...": contexts of that many tokens.
std::string numbered_context(std::size_t tokens) {
  std::string text;
  for (std::size_t i = 0; i < tokens; ++i) text += (i == 0 ? "c" : " c") + std::to_string(i);
  return text;
}

/// Knows q0..q9 (ids 5..14) and c0..c29 (ids 15..44).
test::ListedTokenizer tokenizer(InputLayout layout = InputLayout::bert(2, 3)) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 10; ++i) tokens.push_back("q" + std::to_string(i));
  for (int i = 0; i < 30; ++i) tokens.push_back("c" + std::to_string(i));
  return test::ListedTokenizer(tokens, std::move(layout));
}

QaDataset one_question(const std::string& question, const std::string& context,
                       const std::string& answer = "") {
  QaDataset dataset;
  dataset.contexts = {context};
  QaExample& example = dataset.examples.emplace_back(QaExample{"id", question, 0, {}});
  if (!answer.empty()) example.answers = {{answer, static_cast<std::uint32_t>(context.find(answer))}};
  return dataset;
}

Ids ids_of(const QaFeatures& features, std::size_t window) {
  const auto ids = features.tokens.sequence_ids(window);
  return {ids.begin(), ids.end()};
}

/// What a window points to, read out of the context.
std::string pointed_text(const QaFeatures& features, const QaWindow& window, const std::string& context) {
  const auto first = features.context_range(window, window.start);
  const auto last = features.context_range(window, window.end);
  return first && last ? context.substr(first->begin, last->end - first->begin) : "";
}

TEST(QaWindows, HoldTheQuestionAndOverlapInTheContext) {
  // 3 special tokens and 2 of the question leave 4; with 1 in common, windows begin at 0, 3, 6.
  const QaFeatures features = make_qa_windows(one_question("q1 q2", numbered_context(9)), tokenizer(),
                                              {.max_length = 9, .doc_stride = 1}, 1);
  ASSERT_EQ(features.windows.size(), 3U);
  EXPECT_EQ(ids_of(features, 0), (Ids{2, 6, 7, 3, 15, 16, 17, 18, 3}));
  EXPECT_EQ(ids_of(features, 1), (Ids{2, 6, 7, 3, 18, 19, 20, 21, 3}));
  EXPECT_EQ(ids_of(features, 2), (Ids{2, 6, 7, 3, 21, 22, 23, 3})) << "the last one ends with the context";
  const auto types = features.tokens.sequence_type_ids(2);
  EXPECT_EQ(Ids(types.begin(), types.end()), (Ids{0, 0, 0, 0, 1, 1, 1, 1}));
  const QaWindow& last = features.windows[2];
  EXPECT_EQ(last.question_end, 3U);
  EXPECT_EQ(last.context_begin, 4U);
  EXPECT_EQ(last.context_end, 7U);
  EXPECT_EQ(last.first_piece, 6U);
  EXPECT_TRUE(last.is_question(1) && last.is_question(2) && !last.is_question(0) && !last.is_question(3));
  EXPECT_EQ(features.context_range(last, 4), (ByteRange{18, 20})) << "c6";
  EXPECT_EQ(features.context_range(last, 3), std::nullopt);
  EXPECT_EQ(features.context_range(last, 7), std::nullopt);
  EXPECT_TRUE(std::isnan(features.tokens.labels.at(2)));
}

TEST(QaWindows, OneIsEnoughForAContextThatJustFits) {
  const QaWindowOptions options{.max_length = 9, .doc_stride = 1};
  EXPECT_EQ(
      make_qa_windows(one_question("q1 q2", numbered_context(4)), tokenizer(), options, 1).windows.size(),
      1U);
  EXPECT_EQ(
      make_qa_windows(one_question("q1 q2", numbered_context(5)), tokenizer(), options, 1).windows.size(),
      2U);
}

TEST(QaWindows, OfQuestionsFollowEachOther) {
  QaDataset dataset = one_question("q1", numbered_context(9));
  dataset.contexts.push_back("c3");
  dataset.examples.push_back({"other", "q2", 1, {}});
  dataset.examples.push_back({"third", "q3", 0, {}});
  const QaFeatures features = make_qa_windows(dataset, tokenizer(), {.max_length = 9, .doc_stride = 1}, 1);
  EXPECT_EQ(features.questions(), 3U);
  EXPECT_EQ(features.first_window, (std::vector<std::size_t>{0, 2, 3, 5}));
  EXPECT_EQ(features.windows_of(1).size(), 1U);
  EXPECT_EQ(features.windows_of(2)[0].example, 2U);
  EXPECT_EQ(ids_of(features, 3), (Ids{2, 8, 3, 15, 16, 17, 18, 19, 3}));
  EXPECT_EQ(features.context_range(features.windows[2], 3), (ByteRange{0, 2}));
}

TEST(QaWindows, PointToTheAnswerWhereItStandsWhole) {
  // Windows hold c0-c3, c2-c5, c4-c7, c6-c8.
  const std::string context = numbered_context(9);
  const QaFeatures features = make_qa_windows(one_question("q1 q2", context, "c3 c4 c5"), tokenizer(),
                                              {.max_length = 9, .doc_stride = 2}, 1);
  ASSERT_EQ(features.windows.size(), 4U);
  for (const std::size_t w : {0, 2, 3}) {
    EXPECT_EQ(features.windows[w].start, 0U) << w;
    EXPECT_EQ(features.windows[w].end, 0U) << w;
  }
  EXPECT_EQ(features.windows[1].start, 5U);
  EXPECT_EQ(features.windows[1].end, 7U);
  EXPECT_EQ(pointed_text(features, features.windows[1], context), "c3 c4 c5");
}

TEST(QaWindows, PointToTheTokensThatAnAnswerOverlaps) {
  const auto pointed = [](const std::string& answer) {
    const std::string context = "c10 c11 c12 c13";
    const QaFeatures features = make_qa_windows(one_question("q1", context, answer), tokenizer(),
                                                {.max_length = 20, .doc_stride = 1}, 1);
    return pointed_text(features, features.windows.front(), context);
  };
  EXPECT_EQ(pointed("11 c1"), "c11 c12");
  EXPECT_EQ(pointed(" c12"), "c12");
  EXPECT_EQ(pointed("c13"), "c13");
  EXPECT_EQ(pointed(" "), "") << "no token is of the answer";
}

TEST(QaWindows, CutLongQuestionsAndSaySo) {
  const QaDataset dataset = one_question("q0 q1 q2 q3 q4 q5", numbered_context(9));
  QaWindowOptions options{.max_length = 12, .doc_stride = 1, .max_question_length = 2};
  QaFeatures features = make_qa_windows(dataset, tokenizer(), options, 1);
  EXPECT_EQ(features.truncated_questions(), 1U);
  EXPECT_EQ(features.windows.front().question_end, 3U);
  // Unasked, a question takes at most half of what the overlap leaves: (12 - 3 - 1) / 2.
  options.max_question_length = 0;
  features = make_qa_windows(dataset, tokenizer(), options, 1);
  EXPECT_EQ(features.windows.front().question_end, 5U);
  EXPECT_EQ(features.windows.size(), 2U) << "of 5 context tokens each";
  options.max_length = 384;
  features = make_qa_windows(dataset, tokenizer(), options, 1);
  EXPECT_EQ(features.truncated_questions(), 0U);
}

TEST(QaWindows, DropWhiteSpaceBeforeTheQuestion) {
  test::TemporaryDirectory directory;
  test::TinyModel model;
  model.architecture = "roberta";
  const ModelConfig config = test::write_tiny_model(directory.path(), model);
  const auto roberta = load_tokenizer(directory.path(), config);
  const QaWindowOptions options{.max_length = 60, .doc_stride = 8};
  const QaFeatures plain = make_qa_windows(one_question("who?", "a movie"), *roberta, options, 1);
  const QaFeatures indented =
      make_qa_windows(one_question(" \t\xC2\xA0who?", "a movie"), *roberta, options, 1);
  EXPECT_EQ(ids_of(indented, 0), ids_of(plain, 0));
}

TEST(QaWindows, StandWhereTheLayoutPutsThem) {
  InputLayout bare = InputLayout::bare();
  const QaWindowOptions options{.max_length = 20, .doc_stride = 2};
  const auto question = one_question("q1 q2", "c0 c1 c2", "c1");
  const QaFeatures without = make_qa_windows(question, tokenizer(bare), options, 1);
  const QaWindow& first = without.windows.front();
  EXPECT_TRUE(first.is_question(0) && first.is_question(1) && !first.is_question(2));
  EXPECT_EQ(first.context_begin, 2U);
  EXPECT_EQ(pointed_text(without, first, "c0 c1 c2"), "c1");
  std::swap(bare.pair[0], bare.pair[1]);
  bare.pair.insert(bare.pair.begin() + 1, {Segment::special, 3, 1});
  const QaFeatures turned = make_qa_windows(question, tokenizer(bare), options, 1);
  EXPECT_EQ(ids_of(turned, 0), (Ids{15, 16, 17, 3, 6, 7}));
  EXPECT_EQ(turned.windows.front().question_begin, 4U);
  EXPECT_EQ(turned.windows.front().context_end, 3U);
  EXPECT_EQ(pointed_text(turned, turned.windows.front(), "c0 c1 c2"), "c1");
}

TEST(QaWindows, OfRobertaHaveTwoSeparators) {
  test::TemporaryDirectory directory;
  test::TinyModel model;
  model.architecture = "roberta";
  const ModelConfig config = test::write_tiny_model(directory.path(), model);
  const auto roberta = load_tokenizer(directory.path(), config);
  const std::string context = "a charming journey, a flat movie";
  const QaFeatures features = make_qa_windows(one_question("what?", context, "a flat movie"), *roberta,
                                              {.max_length = 60, .doc_stride = 8}, 1);
  ASSERT_EQ(features.windows.size(), 1U);
  const QaWindow& window = features.windows.front();
  const std::int32_t separator = roberta->special_tokens().separator;
  const Ids ids = ids_of(features, 0);
  EXPECT_EQ(ids[window.question_end], separator);
  EXPECT_EQ(ids[window.question_end + 1], separator);
  EXPECT_EQ(window.context_begin, window.question_end + 2);
  EXPECT_EQ(ids[window.context_end], separator);
  EXPECT_EQ(window.context_end + 1, ids.size());
  EXPECT_EQ(pointed_text(features, window, context), "a flat movie");
}

TEST(QaWindows, OfAContextWithoutTokensHaveNone) {
  const QaFeatures features =
      make_qa_windows(one_question("q1", "  "), tokenizer(), {.max_length = 9, .doc_stride = 1}, 1);
  ASSERT_EQ(features.windows.size(), 1U);
  EXPECT_EQ(ids_of(features, 0), (Ids{2, 6, 3, 3}));
  EXPECT_EQ(features.windows.front().context_tokens(), 0U);
}

TEST(QaWindows, KnowWhereATokenHasMostContext) {
  // c0-c3, c2-c5, c4-c6: c2 is second from the end, then first; the last window is shorter.
  const QaFeatures features = make_qa_windows(one_question("q1 q2", numbered_context(7)), tokenizer(),
                                              {.max_length = 9, .doc_stride = 2}, 1);
  ASSERT_EQ(features.windows.size(), 3U);
  std::vector<std::vector<int>> chosen;
  for (const QaWindow& window : features.windows) {
    chosen.emplace_back();
    for (std::size_t t = 0; t < 9; ++t)
      if (features.has_max_context(window, t))
        chosen.back().push_back(static_cast<int>(window.first_piece + t - window.context_begin));
  }
  EXPECT_EQ(chosen, (std::vector<std::vector<int>>{{0, 1, 2}, {3, 4}, {5, 6}}));
}

TEST(QaWindows, DoNotDependOnTheNumberOfThreads) {
  QaDataset dataset;
  for (std::size_t i = 0; i < 30; ++i) {
    dataset.contexts.push_back(numbered_context(i));
    for (const char* const question : {"q1", "q2 q3 q4"})
      dataset.examples.push_back({std::to_string(dataset.examples.size()), question, i, {}});
  }
  const QaWindowOptions options{.max_length = 12, .doc_stride = 2};
  const QaFeatures one = make_qa_windows(dataset, tokenizer(), options, 1);
  const QaFeatures four = make_qa_windows(dataset, tokenizer(), options, 4);
  EXPECT_EQ(one.tokens.ids, four.tokens.ids);
  EXPECT_EQ(one.tokens.starts, four.tokens.starts);
  EXPECT_EQ(one.first_window, four.first_window);
}

TEST(QaWindows, RefuseAnOverlapThatLeavesNoRoom) {
  const QaDataset dataset = one_question("q1", "c1");
  const auto error_of = [&](const QaWindowOptions& options) -> std::string {
    try {
      make_qa_windows(dataset, tokenizer(), options, 1);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of({.max_length = 9, .doc_stride = 4}), "");
  EXPECT_EQ(error_of({.max_length = 9, .doc_stride = 5}),
            "doc_stride 5 leaves no room in windows of max_length 9, expected at most 4");
  EXPECT_NE(error_of({.max_length = 9, .doc_stride = SIZE_MAX}), "");
  EXPECT_EQ(error_of({.max_length = 4, .doc_stride = 0}),
            "max_length 4 is too short for a question with its context, expected at least 5");
}

/// Public data kept outside the checkout: where TRANSKIMMER_DATA points, or beside the checkout.
fs::path data_directory() {
  if (const char* given = std::getenv("TRANSKIMMER_DATA")) return given;
  return TRANSKIMMER_REAL_DATA;
}

/// In `inexact` windows a token holds more than the answer ("1990s" for "1990").
void expect_answers_found(const std::string& tokenizer_name, std::size_t inexact) {
  const fs::path vocabulary = data_directory() / "tokenizers" / tokenizer_name;
  std::error_code ignored;
  if (!fs::is_directory(vocabulary, ignored) || !fs::is_directory(data_directory() / "squad2", ignored))
    GTEST_SKIP() << data_directory() << " is absent; set TRANSKIMMER_DATA to the folder of the data sets";
  ModelConfig config;
  config.vocab_size = 50265;  // RoBERTa's, the greater one
  config.model_type = tokenizer_name == "roberta-base" ? "roberta" : "bert";
  const auto real = load_tokenizer(vocabulary, config);
  const QaDataset dataset = load_squad(find_squad_file(data_directory(), Split::dev));
  const QaFeatures features = make_qa_windows(dataset, *real, {}, 0);
  EXPECT_EQ(features.truncated_questions(), 0U);
  std::size_t differing = 0;
  for (std::size_t e = 0; e < dataset.examples.size(); ++e) {
    const QaExample& example = dataset.examples[e];
    std::size_t pointing = 0;
    for (const QaWindow& window : features.windows_of(e)) {
      if (window.start == 0) continue;
      ++pointing;
      const std::string text = pointed_text(features, window, dataset.context_of(example));
      EXPECT_NE(text.find(example.answers.front().text), std::string::npos) << example.id;
      differing += text == example.answers.front().text ? 0U : 1U;
    }
    EXPECT_EQ(pointing > 0, !example.answers.empty()) << example.id;
  }
  EXPECT_EQ(differing, inexact);
}

TEST(RealQuestions, FindEveryAnswerInTheTokensOfBert) {
  expect_answers_found("bert-base-uncased", 2);
}

TEST(RealQuestions, FindEveryAnswerInTheTokensOfRoberta) {
  expect_answers_found("roberta-base", 12);
}

}  // namespace
}  // namespace transkimmer
