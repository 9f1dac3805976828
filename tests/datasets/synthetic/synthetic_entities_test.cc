#include "datasets/synthetic/synthetic_entities.h"

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace transkimmer {
namespace {

TEST(SyntheticEntities, AreTheSameForASeedAndOthersForAnother) {
  const auto words = [](std::uint64_t seed) {
    std::string all;
    for (const TaggedSentence& sentence : generate_synthetic_entities({seed, 20}).examples)
      for (const std::string& word : sentence.words) all += word + ' ';
    return all;
  };
  EXPECT_EQ(words(1), words(1));
  EXPECT_NE(words(1), words(2));
}

TEST(SyntheticEntities, HaveEveryLabelAndWordsThatOnlyTheirNeighboursTellApart) {
  const TaggedDataset dataset = generate_synthetic_entities({3, 500});
  std::set<std::int32_t> labels;
  std::map<std::string, std::set<std::int32_t>> of_word;
  for (const TaggedSentence& sentence : dataset.examples) {
    ASSERT_EQ(sentence.words.size(), sentence.tags.size());
    for (std::size_t w = 0; w < sentence.words.size(); ++w) {
      labels.insert(sentence.tags[w]);
      of_word[sentence.words[w]].insert(sentence.tags[w]);
      const std::string& tag = dataset.labels[static_cast<std::size_t>(sentence.tags[w])];
      if (!tag.starts_with("I-")) continue;
      ASSERT_GT(w, 0U);
      EXPECT_EQ(dataset.labels[static_cast<std::size_t>(sentence.tags[w - 1])].substr(2), tag.substr(2))
          << "IOB2";
    }
  }
  EXPECT_EQ(labels.size(), dataset.labels.size());
  EXPECT_EQ(of_word.at("haven").size(), 3U) << "I-PER, I-LOC and B-ORG";
}

TEST(SyntheticEntities, ComeBackFromTheFileThatTheyAreWrittenTo) {
  const test::TemporaryDirectory directory;
  const TaggedDataset made = generate_synthetic_entities({4, 50});
  write_columns(directory / "made.conll", made);
  const TaggedDataset read = load_tagged({.path = directory / "made.conll", .labels = made.labels});
  ASSERT_EQ(read.examples.size(), made.examples.size());
  for (std::size_t i = 0; i < made.examples.size(); ++i) {
    EXPECT_EQ(read.examples[i].words, made.examples[i].words);
    EXPECT_EQ(read.examples[i].tags, made.examples[i].tags);
  }
}

}  // namespace
}  // namespace transkimmer
