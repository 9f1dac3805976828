// What a token classifier answers: the engine's logits as labels, and labels as entities.

#include "transkimmer/token_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/texts.h"
#include "support/architectures.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "text/unicode/unicode.h"

namespace transkimmer::test {
namespace {

const std::vector<std::string> kTags = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"};

class TokenClassifierOf : public testing::TestWithParam<std::string> {
 protected:
  TokenClassifierOf() {
    write_tiny_model(directory_.path(), {.architecture = GetParam(),
                                         .head = HeadKind::token_classification,
                                         .labels = kTags,
                                         .max_tokens = 200});
    for (const std::string& text : texts_) inputs_.push_back({text});
  }

  TemporaryDirectory directory_;
  std::vector<std::string> texts_ = random_texts(40);
  std::vector<TextInput> inputs_;
};

INSTANTIATE_TEST_SUITE_P(Architectures, TokenClassifierOf, testing::ValuesIn(every_architecture()));

TEST_P(TokenClassifierOf, LabelsAreThoseOfTheEnginesLargestLogits) {
  const TokenClassifier tagger = TokenClassifier::load(directory_.path(), {.threads = 1});
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const auto tokenizer = load_tokenizer(directory_.path(), engine.config());
  const std::vector<TaggedText> results = tagger.tag(inputs_);
  int skimmed = 0;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Encoding encoding = tokenizer->encode(texts_[i], {.max_length = 200});
    RaggedBatch batch;
    batch.add(encoding.ids, encoding.type_ids);
    const BatchResult run = engine.run(batch);
    ASSERT_EQ(results[i].tokens.size() + 2, encoding.ids.size()) << "special tokens have no label";
    for (std::size_t t = 1; t + 1 < encoding.ids.size(); ++t) {
      const auto logits = std::span(run.logits).subspan(t * kTags.size(), kTags.size());
      const auto best = static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
      const TokenLabel& token = results[i].tokens[t - 1];
      EXPECT_EQ(token.label_name, kTags[best]);
      EXPECT_EQ(token.token.begin, encoding.offsets[t].begin);
      EXPECT_EQ(token.token.skimmed_at, run.skimmed_at[t]);
      skimmed += run.skimmed_at[t] < engine.config().num_hidden_layers ? 1 : 0;
    }
  }
  EXPECT_GT(skimmed, 0) << "a test of skimming must skim something";
}

/// As Hugging Face's pipeline joins them with aggregation_strategy "simple", told token by token.
std::vector<Entity> joined(const std::vector<TokenLabel>& tokens) {
  std::vector<Entity> groups;
  std::vector<int> counts;
  std::string last;
  for (const TokenLabel& token : tokens) {
    const bool prefixed = token.label_name.starts_with("B-") || token.label_name.starts_with("I-");
    const std::string group = prefixed ? token.label_name.substr(2) : token.label_name;
    if (groups.empty() || group != last || token.label_name.starts_with("B-")) {
      groups.push_back({group, 0, token.token.begin, token.token.end});
      counts.push_back(0);
    }
    groups.back().score += token.score;
    groups.back().end = token.token.end;
    ++counts.back();
    last = group;
  }
  std::vector<Entity> entities;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i].score /= static_cast<float>(counts[i]);
    if (groups[i].entity_group != "O") entities.push_back(groups[i]);
  }
  return entities;
}

TEST_P(TokenClassifierOf, EntitiesAreJoinedAsThePipelineDoes) {
  const TokenClassifier tagger = TokenClassifier::load(directory_.path(), {.threads = 1});
  std::size_t longest = 0;
  for (const TaggedText& result : tagger.tag(inputs_)) {
    const std::vector<Entity> expected = joined(result.tokens);
    ASSERT_EQ(result.entities.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(result.entities[i].entity_group, expected[i].entity_group);
      EXPECT_EQ(result.entities[i].begin, expected[i].begin);
      EXPECT_EQ(result.entities[i].end, expected[i].end);
      EXPECT_NEAR(result.entities[i].score, expected[i].score, 1e-6);
      longest = std::max<std::size_t>(longest, expected[i].end - expected[i].begin);
    }
  }
  EXPECT_GT(longest, 5U) << "a test of joining must join something";
}

TEST_P(TokenClassifierOf, ABatchEqualsItsTextsAlone) {
  const TokenClassifier tagger = TokenClassifier::load(directory_.path(), {.threads = 2});
  const std::vector<TaggedText> together = tagger.tag(inputs_, {.batch_tokens = 300});
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const TaggedText alone = tagger.tag({inputs_[i]}).front();
    ASSERT_EQ(alone.tokens.size(), together[i].tokens.size());
    for (std::size_t t = 0; t < alone.tokens.size(); ++t) {
      EXPECT_EQ(alone.tokens[t].label, together[i].tokens[t].label);
      EXPECT_NEAR(alone.tokens[t].score, together[i].tokens[t].score, 1e-5);
    }
  }
}

constexpr std::array<const char*, 5> kStrategies = {"none", "simple", "first", "average", "max"};

/// Random models with odd labels, and what Hugging Face's pipeline says of some texts.
class Pipeline : public testing::TestWithParam<const char*> {
 protected:
  Pipeline() {
    std::ifstream file(directory_ / "expected.json");
    expected_ = nlohmann::json::parse(file);
  }

  std::filesystem::path directory_ = golden_path(std::string("token_classification/") + GetParam());
  nlohmann::json expected_;
};

INSTANTIATE_TEST_SUITE_P(Architectures, Pipeline, testing::Values("bert", "roberta"));

TEST_P(Pipeline, GivesTheSameEntitiesWithEveryStrategy) {
  const TokenClassifier tagger = TokenClassifier::load(directory_, {.threads = 1});
  const auto texts = expected_["texts"].get<std::vector<std::string>>();
  for (std::size_t strategy = 0; strategy < kStrategies.size(); ++strategy) {
    std::size_t entities = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      SCOPED_TRACE(std::string(kStrategies[strategy]) + ": " + texts[i]);
      const auto& expected = expected_["pipeline"][kStrategies[strategy]][i];
      const TagOptions options{.aggregation = static_cast<Aggregation>(strategy)};
      const TaggedText found = tagger.tag({{texts[i]}}, options).front();
      ASSERT_EQ(found.entities.size(), expected.size());
      for (std::size_t e = 0; e < expected.size(); ++e, ++entities) {
        const Entity& entity = found.entities[e];
        const bool by_token = strategy == 0;
        EXPECT_EQ(entity.entity_group, expected[e][by_token ? "entity" : "entity_group"]);
        EXPECT_NEAR(entity.score, expected[e]["score"].get<double>(), 2e-5);
        // The pipeline decodes words of several tokens twice, which breaks bytes of byte-level vocabularies.
        const auto word = expected[e]["word"].get<std::string>();
        if (strategy <= 1 || word.find("\uFFFD") == word.npos) {
          EXPECT_EQ(entity.word, word);
        }
        EXPECT_EQ(characters_before(texts[i], entity.begin), expected[e]["start"]);
        EXPECT_EQ(characters_before(texts[i], entity.end), expected[e]["end"]);
        if (by_token) {
          EXPECT_EQ(entity.index, expected[e]["index"]);
        }
      }
    }
    EXPECT_GT(entities, texts.size()) << "a test of entities must find some";
  }
}

TEST(Pipelines, StrategiesDiffer) {
  std::ifstream file(golden_path("token_classification/bert") / "expected.json");
  const auto expected = nlohmann::json::parse(file)["pipeline"];
  for (std::size_t i = 0; i < kStrategies.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(expected[kStrategies[i]], expected[kStrategies[j]]);
}

TEST_P(TokenClassifierOf, NoEntityBeginsInsideAWordButWithTokenStrategies) {
  const TokenClassifier tagger = TokenClassifier::load(directory_.path(), {.threads = 1});
  for (const Aggregation aggregation : {Aggregation::first, Aggregation::average, Aggregation::max}) {
    for (const TaggedText& result : tagger.tag(inputs_, {.aggregation = aggregation})) {
      for (std::size_t e = 1; e < result.entities.size(); ++e)
        EXPECT_GE(result.entities[e].begin, result.entities[e - 1].end);
    }
  }
}

TEST(TokenClassifier, EntitiesOfPairsStayInTheirText) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::token_classification, .labels = {"X", "X"}});
  const TokenClassifier tagger = TokenClassifier::load(directory.path(), {.threads = 1});
  for (const Aggregation aggregation : {Aggregation::simple, Aggregation::max}) {
    const auto result = tagger.tag({{"a film", "a movie"}}, {.aggregation = aggregation}).front();
    ASSERT_EQ(result.entities.size(), 2U) << "one of each text, all of one label";
    EXPECT_FALSE(result.entities[0].second);
    EXPECT_TRUE(result.entities[1].second);
  }
}

TEST(TokenClassifier, RefusesAModelOfAnotherKind) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {});
  try {
    TokenClassifier::load(directory.path());
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::EndsWith("holds a classification model, not a token classifier"));
  }
}

}  // namespace
}  // namespace transkimmer::test
