// What a classifier tells about single tokens, and how it cuts texts that are too long.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/texts.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

class ClassifierTrace : public testing::TestWithParam<std::string> {
 protected:
  ClassifierTrace() {
    TinyModel model;
    model.architecture = GetParam();
    if (GetParam() == "electra") model.seed = 2;  // with 1 a layer skims nothing
    write_tiny_model(directory_.path(), model);
  }
  Classifier load(const EngineOptions& options = {.threads = 1}) const {
    return Classifier::load(directory_.path(), options);
  }

  TemporaryDirectory directory_;
};

TEST_P(ClassifierTrace, IsEmptyUnlessAskedFor) {
  EXPECT_TRUE(load().classify({{"a charming journey"}}).front().tokens.empty());
}

TEST_P(ClassifierTrace, KeptFractionsCountTheTokensOfEachLayer) {
  const Classifier classifier = load();
  const std::vector<std::string> texts = random_texts(20);
  const std::vector<TextInput> inputs = inputs_of(texts);
  for (const Classification& result : classifier.classify(inputs, {.trace_tokens = true})) {
    ASSERT_EQ(result.kept_fraction.size(), static_cast<std::size_t>(classifier.layers()));
    for (int layer = 0; layer < classifier.layers(); ++layer) {
      const auto kept = std::count_if(result.tokens.begin(), result.tokens.end(),
                                      [&](const TokenTrace& token) { return token.skimmed_at > layer; });
      EXPECT_FLOAT_EQ(result.kept_fraction[static_cast<std::size_t>(layer)],
                      static_cast<float>(kept) / static_cast<float>(result.tokens.size()));
    }
  }
  const auto dense = load({.threads = 1, .skimming = false}).classify({{"a charming journey"}});
  EXPECT_EQ(dense.front().kept_fraction, std::vector<float>(3, 1.0F));
}

TEST_P(ClassifierTrace, OffsetsPointIntoTheTextsGiven) {
  const std::string text = "a  good \xC3\xA9 movie", pair = "the end";
  const auto result = load().classify({{text, pair}}, {.trace_tokens = true}).front();
  std::vector<bool> in_first(text.size()), in_second(pair.size());
  for (const TokenTrace& token : result.tokens) {
    ASSERT_LE(token.begin, token.end);
    auto& covered = token.second ? in_second : in_first;
    ASSERT_LE(token.end, covered.size());
    std::fill(covered.begin() + token.begin, covered.begin() + token.end, true);
    if (token.token == "movie") {
      EXPECT_EQ(text.substr(token.begin, token.end - token.begin), "movie");
    }
  }
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_TRUE(in_first[i] || text[i] == ' ') << i;
  for (std::size_t i = 0; i < pair.size(); ++i) EXPECT_TRUE(in_second[i] || pair[i] == ' ') << i;
}

TEST_P(ClassifierTrace, MarksTheTokensOfTheSecondTextAlone) {
  const auto result = load().classify({{"a", "a"}}, {.trace_tokens = true}).front();
  std::vector<bool> second, special;
  for (const TokenTrace& token : result.tokens) {
    second.push_back(token.second);
    special.push_back(token.begin == 0 && token.end == 0);
  }
  if (architecture_of(GetParam()).padding_id == 0) {  // [CLS] a [SEP] a [SEP]
    EXPECT_EQ(second, (std::vector<bool>{false, false, false, true, false}));
    EXPECT_EQ(special, (std::vector<bool>{true, false, true, false, true}));
  } else {  // <s> a </s> </s> a </s>
    EXPECT_EQ(second, (std::vector<bool>{false, false, false, false, true, false}));
    EXPECT_EQ(special, (std::vector<bool>{true, false, true, true, false, true}));
  }
}

TEST_P(ClassifierTrace, TellsTheLayerAtWhichTheEngineSkimmedEachToken) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const auto tokenizer = load_tokenizer(directory_.path(), engine.config());
  const auto texts = random_texts(80);
  std::vector<TextInput> inputs(texts.begin(), texts.end());
  const auto results = load().classify(inputs, {.trace_tokens = true});
  std::vector<int> skimmed_in(4);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Encoding encoding = tokenizer->encode(texts[i], {.max_length = 64});
    RaggedBatch batch;
    batch.add(encoding.ids, encoding.type_ids);
    const auto expected = engine.run(batch).skimmed_at;
    ASSERT_EQ(results[i].tokens.size(), expected.size());
    for (std::size_t t = 0; t < expected.size(); ++t) {
      EXPECT_EQ(results[i].tokens[t].skimmed_at, expected[t]) << "text " << i << ", token " << t;
      EXPECT_EQ(results[i].tokens[t].token, tokenizer->token(encoding.ids[t]));
      ++skimmed_in.at(expected[t]);
    }
  }
  for (const int tokens : skimmed_in) EXPECT_GT(tokens, 0) << "every layer must skim some, and keep some";
}

TEST_P(ClassifierTrace, DenseTokensAreNeverSkimmed) {
  const Classifier classifier = load({.threads = 1, .skimming = false});
  const auto result = classifier.classify({{"a charming journey"}}, {.trace_tokens = true}).front();
  for (const TokenTrace& token : result.tokens) EXPECT_EQ(token.skimmed_at, classifier.layers());
}

TEST_P(ClassifierTrace, LongTextsAreCutToWhatTheModelAllowsOrLess) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "good ";
  const Classifier classifier = load();
  const auto tokens = [&](std::size_t max_length) {
    return classifier.classify({{text}}, {.max_length = max_length, .trace_tokens = true})
        .front()
        .tokens.size();
  };
  EXPECT_EQ(tokens(0), 64U);
  EXPECT_EQ(tokens(10), 10U);
  EXPECT_EQ(tokens(64), 64U);
  EXPECT_EQ(tokens(100000), 64U);
}

TEST_P(ClassifierTrace, TheLongerTextOfAPairIsCut) {
  std::string longer;
  for (int i = 0; i < 300; ++i) longer += "good ";
  const auto result = load().classify({{"a a a", longer}}, {.max_length = 12, .trace_tokens = true}).front();
  EXPECT_EQ(result.tokens.size(), 12U);
  std::size_t first = 0;
  for (const TokenTrace& token : result.tokens) first += !token.second && token.end > 0;
  EXPECT_EQ(first, 3U);
}

INSTANTIATE_TEST_SUITE_P(Models, ClassifierTrace, testing::ValuesIn(test::every_architecture()),
                         [](const auto& variant) { return in_test_name(variant.param); });

}  // namespace
}  // namespace transkimmer::test
