#include "datasets/synthetic/synthetic.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "datasets/synthetic/synthetic_words.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

Dataset documents(std::uint64_t seed, std::size_t count) {
  SyntheticOptions options;
  options.seed = seed;
  options.examples = count;
  return generate_synthetic(options);
}

std::size_t word_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

/// Deciding phrases of a topic in a text, as whole words.
std::size_t deciding_phrases(const std::string& text, const synthetic::Topic& topic) {
  const std::string padded = " " + text + " ";
  std::size_t found = 0;
  for (const auto phrase : topic.deciding) {
    found += padded.find(" " + std::string(phrase) + " ") != std::string::npos ? 1U : 0U;
  }
  return found;
}

TEST(Synthetic, IsTheSameForASeedOnEveryMachine) {
  const Dataset dataset = documents(1, 2);
  EXPECT_EQ(dataset.labels, (std::vector<std::string>{"billing", "delivery", "technical", "praise"}));
  EXPECT_EQ(dataset.examples[0].label, 0.0);
  EXPECT_EQ(dataset.examples[0].text,
            "double payment deducted . the niece cleaned the empty orange . you should know , the staff "
            "works . it seems "
            "wrong amount billed . the smooth book belongs to the baker . the tailor covered the round towel "
            ". regards "
            "quinn diana bella karla");
}

TEST(Synthetic, DrawsOtherDocumentsFromAnotherSeed) {
  std::set<std::string> train;
  for (const Example& example : documents(1, 500).examples) train.insert(example.text);
  EXPECT_EQ(train.size(), 500U);
  for (const Example& example : documents(2, 500).examples) EXPECT_FALSE(train.contains(example.text));
}

TEST(Synthetic, KeepsTheLengthsAskedFor) {
  std::size_t shortest = SIZE_MAX;
  std::size_t longest = 0;
  for (const Example& example : documents(3, 1000).examples) {
    shortest = std::min(shortest, word_count(example.text));
    longest = std::max(longest, word_count(example.text));
  }
  EXPECT_GE(shortest, 30U);
  EXPECT_LE(shortest, 35U);
  EXPECT_GE(longest, 295U);
  EXPECT_LE(longest, 300U);

  SyntheticOptions fixed{.seed = 4, .examples = 50, .min_words = 64, .max_words = 64};
  for (const Example& example : generate_synthetic(fixed).examples) EXPECT_EQ(word_count(example.text), 64U);
}

TEST(Synthetic, HoldsTwoToFourDecidingPhrasesOfTheLabelAndNoneOfAnother) {
  const auto topics = synthetic::topics();
  for (const Example& example : documents(5, 1000).examples) {
    for (std::size_t topic = 0; topic < topics.size(); ++topic) {
      const std::size_t found = deciding_phrases(example.text, topics[topic]);
      if (static_cast<double>(topic) == example.label) {
        EXPECT_GE(found, 2U) << example.text;
        EXPECT_LE(found, 4U) << example.text;
      } else {
        EXPECT_EQ(found, 0U) << example.text;
      }
    }
  }
}

TEST(Synthetic, HasAllClassesAboutEquallyOften) {
  std::vector<int> counts(4);
  for (const Example& example : documents(6, 2000).examples)
    ++counts[static_cast<std::size_t>(example.label)];
  for (const int count : counts) {
    EXPECT_GT(count, 400);
    EXPECT_LT(count, 600);
  }
}

TEST(Synthetic, RefusesLengthsThatLeaveNoRoom) {
  EXPECT_THROW(generate_synthetic({.seed = 0, .examples = 1, .min_words = 29, .max_words = 300}), UsageError);
  EXPECT_THROW(generate_synthetic({.seed = 0, .examples = 1, .min_words = 100, .max_words = 99}), UsageError);
}

}  // namespace
}  // namespace transkimmer
