// What a token classifier answers: the engine's logits as labels, and labels as entities.

#include "transkimmer/token_classifier.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/texts.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

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
