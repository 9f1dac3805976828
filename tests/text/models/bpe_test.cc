#include "text/models/bpe.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::ElementsAre;

std::vector<std::int32_t> ids(const std::vector<std::string>& tokens, BpeOptions options,
                              const std::string& word) {
  const Bpe model(tokens, std::vector<bool>(tokens.size(), true), std::move(options));
  WordScratch scratch;
  std::vector<WordToken> found;
  model.tokenize(word, scratch, found);
  std::vector<std::int32_t> all;
  for (const WordToken& token : found) all.push_back(token.id);
  return all;
}

TEST(BpeModel, EndingsAndPrefixesAreSpelledOut) {
  const std::vector<std::string> tokens = {"<unk>", "a", "b", "b</w>", "ab</w>", "##b", "ab"};
  EXPECT_THAT(ids(tokens, {.merges = {{1, 3, 4}}, .ending = "</w>"}, "ab"), ElementsAre(4));
  EXPECT_THAT(ids(tokens, {.merges = {{1, 3, 4}}, .ending = "</w>"}, "aab"), ElementsAre(1, 4));
  EXPECT_THAT(ids(tokens, {.merges = {{1, 5, 6}}, .continuing_prefix = "##"}, "ab"), ElementsAre(6));
}

TEST(BpeModel, WhatIsUnknownIsDroppedNamedOrFused) {
  const std::vector<std::string> tokens = {"<unk>", "a"};
  EXPECT_THAT(ids(tokens, {}, "axya"), ElementsAre(1, 1));
  EXPECT_THAT(ids(tokens, {.unknown = 0}, "axya"), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(ids(tokens, {.unknown = 0, .fuse_unknown = true}, "axya"), ElementsAre(1, 0, 1));
}

TEST(BpeModel, BytesStandForWhatIsUnknown) {
  const std::vector<std::string> tokens = {"<unk>", "a", "<0xC3>", "<0xA9>", "<0xC3><0xA9>"};
  EXPECT_THAT(ids(tokens, {.unknown = 0, .byte_fallback = true}, "a\u00E9"), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids(tokens, {.unknown = 0, .byte_fallback = true}, "z\u00E9"), ElementsAre(2, 3, 0))
      << "what is unknown waits for what is known";
}

TEST(BpeModel, AWordThatIsATokenNeedsNoMerges) {
  const std::vector<std::string> tokens = {"a", "b", "ab"};
  EXPECT_THAT(ids(tokens, {.ignore_merges = true}, "ab"), ElementsAre(2));
  EXPECT_THAT(ids(tokens, {}, "ab"), ElementsAre(0, 1));
}

}  // namespace
}  // namespace transkimmer
