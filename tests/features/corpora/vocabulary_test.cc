#include "features/corpora/vocabulary.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "datasets/synthetic/synthetic.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Lines = std::vector<std::string>;

Dataset texts(const Lines& lines) {
  Dataset dataset;
  for (const auto& line : lines)
    dataset.examples.push_back({.text = line, .text_pair = std::nullopt, .label = 0});
  return dataset;
}

TEST(WordVocabulary, ListsSpecialsCharactersContinuationsAndWordsByFrequency) {
  const auto vocabulary = build_word_vocabulary(texts({"Ba ab, AB", "ba a ab"}), 100);
  EXPECT_EQ(vocabulary, (Lines{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", "a", "b", "##,", "##a",
                               "##b", "ab", "ba"}));
}

TEST(WordVocabulary, ReadsPairsLowerCasesAndCutsAtPunctuation) {
  Dataset dataset = texts({"It's"});
  dataset.examples[0].text_pair = "\xC3\x84h\xE2\x80\x94oh";
  const auto vocabulary = build_word_vocabulary(dataset, 100);
  const std::set<std::string> entries(vocabulary.begin(), vocabulary.end());
  for (const char* entry : {"it", "s", "'", "\xC3\xA4h", "\xE2\x80\x94", "oh"})
    EXPECT_TRUE(entries.contains(entry)) << entry;
}

TEST(WordVocabulary, LeavesRareWordsToTheirCharacters) {
  const auto vocabulary = build_word_vocabulary(texts({"ab ab ba"}), 10);
  EXPECT_EQ(vocabulary.size(), 10U);
  EXPECT_EQ(vocabulary.back(), "ab");
  EXPECT_THROW(build_word_vocabulary(texts({"ab"}), 8), UsageError);
}

TEST(WordVocabulary, PassesOverBytesThatAreNotUtf8) {
  const auto vocabulary = build_word_vocabulary(texts({"\xFF"
                                                       "ab\xC3"}),
                                                100);
  EXPECT_EQ(vocabulary, (Lines{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##a", "##b", "ab"}));
}

TEST(WordVocabulary, HasEveryWordOfTheSyntheticDocumentsAsOneEntry) {
  SyntheticOptions options;
  options.examples = 500;
  const Dataset dataset = generate_synthetic(options);
  const auto vocabulary = build_word_vocabulary(dataset, 2000);
  const std::set<std::string> entries(vocabulary.begin(), vocabulary.end());
  EXPECT_EQ(entries.size(), vocabulary.size());
  EXPECT_GT(vocabulary.size(), 400U);
  for (const Example& example : dataset.examples) {
    std::istringstream words(example.text);
    for (std::string word; words >> word;) ASSERT_TRUE(entries.contains(word)) << word;
  }
}

}  // namespace
}  // namespace transkimmer
