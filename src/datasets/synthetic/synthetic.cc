#include "datasets/synthetic/synthetic.h"

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "datasets/synthetic/synthetic_words.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Sentence = std::vector<std::string_view>;

// A framed phrase is at most five words of phrase and five of frame.
constexpr std::size_t kLongestPhraseSentence = 12;
constexpr std::size_t kShortestDocument = 30;

/// One message in the making.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  /// Uniform in [0, bound); the bias of the remainder is below 2^-50 for the small bounds used here.
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }

  std::string write(const synthetic::Topic& topic, std::size_t length);

 private:
  std::string_view pick(synthetic::Words words) { return words[below(words.size())]; }
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

  /// Mostly about the decoy, one topic of a message that looks as if it mattered.
  std::string_view distractor(const synthetic::Topic& decoy);
  std::vector<std::string_view> phrases(const synthetic::Topic& topic, std::size_t length);
  /// Appends the pattern's words, symbols replaced by members of their lists, PHRASE by `phrase`.
  void expand(std::string_view pattern, std::string_view phrase, Sentence& sentence);
  Sentence sign_off(std::size_t length);

  std::mt19937_64 random_;
};

std::string_view Writer::distractor(const synthetic::Topic& decoy) {
  if (below(3) != 0) return pick(decoy.distracting);
  const auto topics = synthetic::topics();
  const std::size_t choice = below(topics.size() + 1);
  return choice == topics.size() ? pick(synthetic::neutral_phrases()) : pick(topics[choice].distracting);
}

std::vector<std::string_view> Writer::phrases(const synthetic::Topic& topic, std::size_t length) {
  const std::size_t room = length / kLongestPhraseSentence;
  const std::size_t deciding = std::min(between(2, 4), std::max<std::size_t>(room / 2, 2));
  const std::size_t distracting = std::min(between(2, 6), room - std::min(room, deciding));
  std::vector<std::string_view> own(topic.deciding.begin(), topic.deciding.end());
  shuffle(own);
  own.resize(deciding);
  const auto topics = synthetic::topics();
  const synthetic::Topic& decoy = topics[below(topics.size())];
  for (std::size_t i = 0; i < distracting; ++i) own.push_back(distractor(decoy));
  return own;
}

void Writer::expand(std::string_view pattern, std::string_view phrase, Sentence& sentence) {
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find(' '), pattern.size());
    const std::string_view word = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (word == "PHRASE") {
      expand(phrase, {}, sentence);
    } else if (const auto list = synthetic::list_of(word); !list.empty()) {
      expand(pick(list), {}, sentence);
    } else {
      sentence.push_back(word);
    }
  }
}

Sentence Writer::sign_off(std::size_t length) {
  Sentence names = {"regards"};
  while (names.size() < length) names.push_back(pick(synthetic::first_names()));
  return names;
}

std::string Writer::write(const synthetic::Topic& topic, std::size_t length) {
  std::vector<Sentence> sentences;
  std::size_t words = 0;
  for (const std::string_view phrase : phrases(topic, length)) {
    expand(pick(synthetic::frames()), phrase, sentences.emplace_back());
    words += sentences.back().size();
  }
  for (;;) {
    Sentence filler;
    expand(pick(synthetic::patterns()), {}, filler);
    if (words + filler.size() > length) break;
    words += filler.size();
    sentences.push_back(std::move(filler));
  }
  shuffle(sentences);
  // The sign-off makes up the length, so that how long a message is says nothing about its sentences.
  if (words < length) sentences.push_back(sign_off(length - words));
  std::string text;
  for (const Sentence& sentence : sentences) {
    for (const std::string_view word : sentence) {
      if (!text.empty()) text += ' ';
      text += word;
    }
  }
  return text;
}

}  // namespace

Dataset generate_synthetic(const SyntheticOptions& options) {
  if (options.min_words < kShortestDocument || options.max_words < options.min_words) {
    throw UsageError(fmt::format(
        "synthetic documents of {} to {} words: expected at least {}, and the longest not below the shortest",
        options.min_words, options.max_words, kShortestDocument));
  }
  Dataset dataset;
  dataset.origin = fmt::format("synthetic (seed {})", options.seed);
  const auto topics = synthetic::topics();
  for (const auto& topic : topics) dataset.labels.emplace_back(topic.name);
  Writer writer(options.seed);
  dataset.examples.reserve(options.examples);
  for (std::size_t i = 0; i < options.examples; ++i) {
    const std::size_t label = writer.below(topics.size());
    const std::size_t length = writer.between(options.min_words, options.max_words);
    dataset.examples.push_back({.text = writer.write(topics[label], length),
                                .text_pair = std::nullopt,
                                .label = static_cast<double>(label)});
  }
  return dataset;
}

}  // namespace transkimmer
