#include "text/wordpiece/wordpiece_trainer.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/unicode/unicode.h"
#include "text/wordpiece/wordpiece.h"
#include "text/wordpiece/wordpiece_alphabet.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

const std::vector<std::string> kSpecials = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

WordPieceTrainingOptions size(std::size_t pieces, std::uint64_t min_frequency = 1) {
  WordPieceTrainingOptions options;
  options.vocabulary_size = pieces;
  options.min_frequency = min_frequency;
  return options;
}

/// The vocabulary without its special tokens, which it must begin with.
std::vector<std::string> pieces_of(const std::vector<WordCount>& words,
                                   const WordPieceTrainingOptions& options) {
  std::vector<std::string> tokens = train_wordpiece(words, options).tokens();
  EXPECT_THAT(std::vector(tokens.begin(), tokens.begin() + 5), ElementsAreArray(kSpecials));
  tokens.erase(tokens.begin(), tokens.begin() + 5);
  return tokens;
}

std::vector<WordCount> counted(const std::vector<std::string>& texts, BertNormalizerOptions normalizer = {}) {
  WordCounter counter(normalizer);
  for (const std::string& text : texts) counter.add(text);
  return counter.take();
}

TEST(WordCounter, CountsWhatBertsTokenizerCallsWords) {
  EXPECT_THAT(counted({"The caf\xC3\xA9, the CAFE!", "\xE6\x9D\xB1\xE4\xBA\xAC"}),
              ElementsAre(WordCount{"!", 1}, WordCount{",", 1}, WordCount{"cafe", 2}, WordCount{"the", 2},
                          WordCount{"\xE4\xBA\xAC", 1}, WordCount{"\xE6\x9D\xB1", 1}));
  const BertNormalizerOptions cased = {.strip_accents = false, .lowercase = false};
  EXPECT_THAT(counted({"Caf\xC3\xA9 cafe"}, cased),
              ElementsAre(WordCount{"Caf\xC3\xA9", 1}, WordCount{"cafe", 1}));
}

TEST(WordCounter, SurvivesHostileText) {
  EXPECT_THAT(counted({"a\xFF\x80"
                       "b \xC3",
                       std::string("\0\x01 \n", 4), ""}),
              ElementsAre(WordCount{"ab", 1}));
  // The tokenizer reads a word of more than 100 characters as unknown, so its pieces would never be used.
  const std::string longest(100, 'x');
  EXPECT_THAT(counted({longest + " " + longest + "x"}), ElementsAre(WordCount{longest, 1}));
}

// Worked out by hand: hat 4, that 3, chat 2.
//
//   alphabet   c h t ##a ##h ##t; spelled: h ##a ##t (4), t ##h ##a ##t (3), c ##h ##a ##t (2)
//   pairs      ##a ##t 9, ##h ##a 5, h ##a 4, t ##h 3, c ##h 2          -> ##at
//   then       ##h ##at 5, h ##at 4, t ##h 3, c ##h 2                   -> ##hat
//   then       h ##at 4, t ##hat 3, c ##hat 2                           -> hat, that, chat
TEST(WordPieceTraining, MergesTheMostFrequentPairEachTime) {
  const auto words = counted({"hat hat hat hat that that that chat chat"});
  EXPECT_THAT(pieces_of(words, size(100)),
              ElementsAre("c", "h", "t", "##a", "##h", "##t", "##at", "##hat", "hat", "that", "chat"));
  EXPECT_THAT(pieces_of(words, size(100, 3)),
              ElementsAre("c", "h", "t", "##a", "##h", "##t", "##at", "##hat", "hat", "that"));
}

// The same words; a surplus of a quarter makes all 11 pieces of above for a vocabulary of 5 + 9, then two go.
// The tokenizer finds hat 4, that 3, chat 2 times and never ##at or ##hat, so these are worth nothing. For a
// vocabulary of 5 + 8, 10 pieces are made, all but chat, which is then c ##hat: worth 1 each for the 2 times
// that ##hat is found (it would be ##h ##at), 4 and 3 for hat (h ##at) and that (t ##hat), nothing for ##at.
// ##at goes in the first round; then ##hat is worth 2 * 2 (##h ##a ##t), hat 4 * 2 and that 3 * 1.
TEST(WordPieceTraining, DropsThePiecesThatTheTokenizerMissesLeast) {
  const auto words = counted({"hat hat hat hat that that that chat chat"});
  EXPECT_THAT(pieces_of(words, size(5 + 9)),
              ElementsAre("c", "h", "t", "##a", "##h", "##t", "hat", "that", "chat"));
  EXPECT_THAT(pieces_of(words, size(5 + 8)), ElementsAre("c", "h", "t", "##a", "##h", "##t", "##hat", "hat"));
}

// c ##d, a ##c, a ##b all occur twice: a stands before c, and ##b before ##c.
TEST(WordPieceTraining, TiesGoToThePiecesThatStandEarlier) {
  EXPECT_THAT(pieces_of({{"ab", 2}, {"ac", 2}, {"cd", 2}}, size(100)),
              ElementsAre("a", "c", "##b", "##c", "##d", "ab", "ac", "cd"));
}

/// The same training as plainly as it can be written: everything is counted anew for each merge.
std::vector<std::string> trained_by_recounting(const std::vector<WordCount>& words, std::size_t most_pieces) {
  std::vector<std::string> pieces = WordPieceAlphabet(words, 1000).pieces();
  std::map<std::string, std::size_t> places;
  for (const std::string& piece : pieces) places.emplace(piece, places.size());
  std::vector<std::vector<std::string>> spelled;
  for (const auto& [word, count] : words) {
    auto& symbols = spelled.emplace_back();
    for (const char c : word) symbols.push_back((symbols.empty() ? "" : "##") + std::string(1, c));
  }
  while (pieces.size() < most_pieces) {
    std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> pairs;
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (std::size_t at = 0; at + 1 < spelled[i].size(); ++at)
        pairs[{places.at(spelled[i][at]), places.at(spelled[i][at + 1])}] += words[i].count;
    }
    if (pairs.empty()) break;
    // The first of the largest: the map is in the order of places.
    const auto best = std::max_element(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
    const std::string left = pieces[best.first];
    const std::string right = pieces[best.second];
    for (auto& symbols : spelled) {
      for (std::size_t at = 0; at + 1 < symbols.size(); ++at) {
        if (symbols[at] != left || symbols[at + 1] != right) continue;
        symbols[at] += right.substr(2);
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      }
    }
    const std::string merged = left + right.substr(2);
    if (places.emplace(merged, pieces.size()).second) pieces.push_back(merged);
  }
  return pieces;
}

std::vector<WordCount> random_words(std::uint32_t seed, int letters, int longest) {
  std::mt19937 random(seed);
  std::map<std::string, std::uint64_t> words;
  for (int i = 0; i < 60; ++i) {
    std::string word(1 + random() % static_cast<std::uint32_t>(longest), ' ');
    for (char& c : word) c = static_cast<char>('a' + random() % static_cast<std::uint32_t>(letters));
    words[word] += 1 + random() % 5;
  }
  std::vector<WordCount> list;
  for (const auto& [word, count] : words) list.push_back({word, count});
  return list;
}

TEST(WordPieceTraining, AgreesWithCountingEverythingAnew) {
  // Two letters: pairs overlap themselves, and different pairs spell the same piece.
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const auto words = random_words(seed, seed % 2 == 0 ? 2 : 5, 12);
    // Large enough for all there are to be made, so that none is dropped.
    EXPECT_EQ(pieces_of(words, size(2000)), trained_by_recounting(words, 2000)) << "seed " << seed;
  }
}

TEST(WordPieceTraining, DependsOnTheWordsAndNotOnTheirOrder) {
  std::vector<std::string> texts = {"the cat sat on the mat", "a cat and a rat", "that is the mat",
                                    "at last"};
  const auto pieces = pieces_of(counted(texts), size(50));
  std::mt19937 random(1);
  for (int i = 0; i < 10; ++i) {
    std::shuffle(texts.begin(), texts.end(), random);
    EXPECT_EQ(pieces_of(counted(texts), size(50)), pieces);
  }
}

TEST(WordPieceTraining, EveryWordHasPiecesWhenTheAlphabetIsWhole) {
  std::vector<WordCount> words = random_words(7, 20, 15);
  words.push_back({"\xCE\xB1\xCE\xB2\xF0\x9F\x98\x80\xCE\xB1", 1});
  for (const std::size_t pieces : {60U, 90U, 500U}) {
    WordPieceModel model;
    model.vocabulary = train_wordpiece(words, size(pieces));
    model.special_tokens.unknown = 1;
    const WordPieceTokenizer tokenizer(std::move(model));
    for (const auto& [word, count] : words) {
      for (const Piece& piece : tokenizer.pieces(word)) EXPECT_NE(piece.id, 1) << word;
    }
  }
}

TEST(WordPieceTraining, WordsWithCharactersBeyondTheLimitMakeNoPieces) {
  // a 10, b 10, c 9; among equals the smaller code point stays.
  const std::vector<WordCount> words = {{"ab", 1}, {"aab", 4}, {"bcc", 4}, {"bc", 1}, {"a", 1}};
  WordPieceTrainingOptions options = size(100);
  options.alphabet_limit = 2;
  EXPECT_THAT(pieces_of(words, options), ElementsAre("a", "b", "##a", "##b", "aa", "aab", "ab"));
  options.alphabet_limit = 1;
  EXPECT_THAT(pieces_of(words, options), ElementsAre("a", "##a"));
}

TEST(WordPieceTraining, NoWordsGiveTheSpecialTokens) {
  EXPECT_THAT(pieces_of({}, size(100)), IsEmpty());
}

TEST(WordPieceTraining, RefusesASizeThatTheAlphabetAloneExceeds) {
  const std::vector<WordCount> words = {{"ab", 1}, {"ba", 1}};
  EXPECT_THAT(pieces_of(words, size(9)), ElementsAre("a", "b", "##a", "##b"));
  try {
    train_wordpiece(words, size(8));
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "a vocabulary of 8 pieces is too small: special tokens and the 2 characters of the text, at "
                 "the beginning of words and inside, are 9 already");
  }
}

TEST(WordPieceTraining, CanBeFollowedAndStopped) {
  WordPieceTrainingOptions options = size(100);
  std::vector<std::size_t> seen;
  options.on_piece = [&](std::size_t pieces, std::size_t total) {
    EXPECT_EQ(total, 95U + 95 / 4);
    seen.push_back(pieces);
    if (pieces == 8) throw Error("enough");
  };
  const std::vector<WordCount> words = {{"abcdef", 1}};  // an alphabet of 6
  EXPECT_THROW(train_wordpiece(words, options), Error);
  EXPECT_THAT(seen, ElementsAre(7, 8));
}

}  // namespace
}  // namespace transkimmer
