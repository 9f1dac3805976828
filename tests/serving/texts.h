#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "transkimmer/classifier.h"

namespace transkimmer::test {

/// `count` texts of 0 to 39 known words, the same every time.
inline std::vector<std::string> random_texts(std::size_t count, std::uint64_t seed = 5) {
  const std::vector<std::string> words = {"a",    "the",   "charming", "journey", "flat", "movie",
                                          "good", "bad",   "very",     "not",     "dull", "story",
                                          "it",   "great", "ending",   "film",    "was",  "and"};
  std::mt19937_64 random(seed);
  std::vector<std::string> texts(count);
  for (std::string& text : texts)
    for (std::size_t left = random() % 40; left > 0; --left) {
      text += words[random() % words.size()];
      if (left > 1) text += ' ';
    }
  return texts;
}

/// Every third text has a pair: the text before it.
inline std::vector<TextInput> inputs_of(const std::vector<std::string>& texts) {
  std::vector<TextInput> inputs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    inputs.push_back({texts[i]});
    if (i % 3 == 1) inputs.back().text_pair = texts[i - 1];
  }
  return inputs;
}

}  // namespace transkimmer::test
