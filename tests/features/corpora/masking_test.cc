#include "features/corpora/masking.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/listed_tokenizer.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t kUnknown = 1, kBegin = 2, kSeparator = 3, kMask = 4, kFirst = 5;
constexpr std::int32_t kTokens = 200;  // even ones (from kFirst) begin words, odd ones continue them

const ListedTokenizer& tokenizer() {
  static const ListedTokenizer instance(numbered_tokens(kTokens));
  return instance;
}

bool begins(std::int32_t id) {
  return (id - kFirst) % 2 == 0;
}

/// [CLS], words of one to four tokens with a separator and an unknown token now and then, [SEP].
Ids sequence(std::size_t length, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Ids ids = {kBegin};
  while (ids.size() + 1 < length) {
    const std::uint64_t draw = random() % 40;
    if (draw == 0) {
      ids.push_back(kSeparator);
    } else if (draw == 1) {
      ids.push_back(kUnknown);
    } else {
      const auto word = static_cast<std::int32_t>(random() % (kTokens / 2));
      ids.push_back(kFirst + 2 * word);
      for (std::uint64_t i = random() % 4; i > 0 && ids.size() + 1 < length; --i)
        ids.push_back(kFirst + 2 * static_cast<std::int32_t>(random() % (kTokens / 2)) + 1);
    }
  }
  ids.push_back(kSeparator);
  return ids;
}

struct Masked {
  Ids before, after;
  std::vector<MaskedToken> tokens;
};

Masked mask(const Ids& ids, std::uint64_t seed, const MaskingRule& rule = {}) {
  Masked result{ids, ids, {}};
  WordMasker(tokenizer(), rule).mask(result.after, seed, result.tokens);
  return result;
}

std::vector<Masked> many(std::size_t count) {
  std::vector<Masked> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(mask(sequence(128, i), 1000 + i));
  return all;
}

/// Five standard deviations of a share that was counted `trials` times.
double tolerance(double share, double trials) {
  return 5 * std::sqrt(share * (1 - share) / trials);
}

TEST(WordMasker, HidesFifteenPercentOfTheWordsWhole) {
  double words = 0, hidden = 0;
  for (const Masked& one : many(2000)) {
    std::vector<bool> chosen(one.before.size());
    for (const MaskedToken& token : one.tokens) chosen[token.position] = true;
    for (std::size_t i = 0; i < one.before.size();) {
      if (one.before[i] < kFirst) {
        EXPECT_FALSE(chosen[i]) << "a special token";
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      while (end < one.before.size() && one.before[end] >= kFirst && !begins(one.before[end])) ++end;
      for (std::size_t j = i; j < end; ++j) EXPECT_EQ(chosen[j], chosen[i]) << "a word in part";
      ++words;
      hidden += chosen[i] ? 1 : 0;
      i = end;
    }
  }
  EXPECT_NEAR(hidden / words, 0.15, tolerance(0.15, words));
}

TEST(WordMasker, EightyTenTen) {
  double masks = 0, same = 0, others = 0, all = 0;
  std::map<std::int32_t, double> stand_ins;
  for (const Masked& one : many(4000)) {
    for (const MaskedToken& token : one.tokens) {
      ASSERT_EQ(token.id, one.before[token.position]);
      const std::int32_t now = one.after[token.position];
      ++all;
      masks += now == kMask ? 1 : 0;
      same += now == token.id ? 1 : 0;
      if (now != kMask && now != token.id) {
        ++others;
        ++stand_ins[now];
      }
    }
  }
  // One time in kTokens the random token is the one that was there.
  EXPECT_NEAR(masks / all, 0.8, tolerance(0.8, all));
  EXPECT_NEAR(others / all, 0.1 * (1 - 1.0 / kTokens), tolerance(0.1, all));
  EXPECT_NEAR(same / all, 0.1 * (1 + 1.0 / kTokens), tolerance(0.1, all));
  EXPECT_EQ(stand_ins.size(), static_cast<std::size_t>(kTokens)) << "any ordinary token stands in";
  for (const auto& [id, count] : stand_ins) {
    EXPECT_GE(id, kFirst);
    EXPECT_NEAR(count / others, 1.0 / kTokens, tolerance(1.0 / kTokens, others)) << id;
  }
}

TEST(WordMasker, LeavesEverythingElseAsItWas) {
  for (const Masked& one : many(100)) {
    std::vector<bool> chosen(one.before.size());
    for (const MaskedToken& token : one.tokens) chosen[token.position] = true;
    for (std::size_t i = 0; i < one.before.size(); ++i) {
      EXPECT_TRUE(chosen[i] || one.after[i] == one.before[i]) << i;
    }
    EXPECT_TRUE(std::is_sorted(one.tokens.begin(), one.tokens.end(),
                               [](const auto& a, const auto& b) { return a.position < b.position; }));
  }
}

TEST(WordMasker, IsAFunctionOfTheSeed) {
  const Ids ids = sequence(128, 1);
  EXPECT_EQ(mask(ids, 5).after, mask(ids, 5).after);
  EXPECT_NE(mask(ids, 5).after, mask(ids, 6).after);
}

TEST(WordMasker, AlwaysFindsSomethingToPredict) {
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    EXPECT_EQ(mask({kBegin, kFirst, kFirst + 1, kSeparator}, seed).tokens.size(), 2U);
}

TEST(WordMasker, NothingButSpecialTokensHasNothingToPredict) {
  EXPECT_TRUE(mask({kBegin, kSeparator, kUnknown, kSeparator}, 1).tokens.empty());
}

TEST(WordMasker, AContinuationAfterASeparatorIsAWord) {
  const Masked one = mask({kBegin, kFirst + 1, kFirst + 3, kSeparator, kFirst + 1, kSeparator}, 1,
                          {.probability = 1, .mask_share = 1, .random_share = 0});
  EXPECT_EQ(one.after, (Ids{kBegin, kMask, kMask, kSeparator, kMask, kSeparator}));
}

TEST(WordMasker, ByteLevelWordsBeginWithABlank) {
  // "Ġun ##" is no mark of byte-level vocabularies: what has no Ġ continues a word.
  const ListedTokenizer bytes({"Ġthe", "Ġun", "do", "ing", "."});
  const WordMasker masker(bytes, {});
  EXPECT_TRUE(masker.begins_word(5));
  EXPECT_TRUE(masker.begins_word(6));
  EXPECT_FALSE(masker.begins_word(7));
  const Ids text = {2, 5, 6, 7, 8, 3};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Ids ids = text;
    std::vector<MaskedToken> masked;
    masker.mask(ids, seed, masked);
    EXPECT_TRUE(masked.size() == 1 || masked.size() == 3 || masked.size() == 4) << masked.size();
  }
}

TEST(WordMasker, RefusesWhatCannotWork) {
  ListedTokenizer no_mask(numbered_tokens(4));
  no_mask.special_.mask = -1;
  EXPECT_THROW(WordMasker(no_mask, {}), UsageError);
  EXPECT_THROW(WordMasker(ListedTokenizer({}), {}), UsageError);
  EXPECT_THROW(WordMasker(tokenizer(), {.probability = 0}), UsageError);
  EXPECT_THROW(WordMasker(tokenizer(), {.probability = 1.5}), UsageError);
  EXPECT_THROW(WordMasker(tokenizer(), {.mask_share = 0.9, .random_share = 0.2}), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
