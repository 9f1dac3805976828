#include "datasets/synthetic/synthetic_entities.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "datasets/synthetic/synthetic_words.h"

namespace transkimmer {
namespace {

using synthetic::Words;

constexpr std::array<std::string_view, 7> kLabels = {"O",     "B-LOC", "B-ORG", "B-PER",
                                                     "I-LOC", "I-ORG", "I-PER"};

// In capitals: an entity, or a word of the list of that name (synthetic_words.h).
constexpr std::array<std::string_view, 14> kPatterns = {
    "PERSON works for COMPANY in CITY .",
    "TIME PERSON flew from CITY to CITY .",
    "COMPANY opened an office in CITY TIME .",
    "the KIN of PERSON VERB a ADJECTIVE THING PLACE .",
    "PERSON and PERSON met in CITY .",
    "TIME , COMPANY sold the ADJECTIVE THING to COMPANY .",
    "who is PERSON ? a KIN from CITY .",
    "the KIN ADVERB VERB the THING and the THING .",
    "COMPANY , based in CITY , VERB the THING .",
    "i ADVERB VERB my ADJECTIVE THING near CITY .",
    "PERSON , KIN of PERSON , left COMPANY TIME .",
    "the mayor of CITY thanked PERSON .",
    "a THING by COMPANY was found PLACE .",
    "TIME the KIN VERB a THING PLACE ."};
// Words that all kinds of names share.
constexpr std::array<std::string_view, 12> kShared = {"haven", "ford",  "stone",  "hill",   "brook", "wood",
                                                      "field", "marsh", "harbor", "bridge", "lake",  "cliff"};
constexpr std::array<std::string_view, 8> kCityBeginnings = {"north", "south", "east",  "west",
                                                             "new",   "old",   "great", "saint"};
constexpr std::array<std::string_view, 8> kCities = {"london", "paris", "oslo", "lima",
                                                     "cairo",  "delhi", "rome", "quito"};
constexpr std::array<std::string_view, 8> kTrades = {"motors", "foods", "bank",  "airlines",
                                                     "mills",  "labs",  "media", "group"};

/// One sentence in the making.
class SentenceWriter {
 public:
  explicit SentenceWriter(std::uint64_t seed) : random_(seed) {}

  TaggedSentence write() {
    sentence_ = {};
    expand(pick(kPatterns));
    return std::move(sentence_);
  }

 private:
  std::string_view pick(Words words) { return words[random_() % words.size()]; }
  bool one_in(std::uint64_t count) { return random_() % count == 0; }

  void add(std::string_view word, std::size_t label) {
    sentence_.words.emplace_back(word);
    sentence_.tags.push_back(static_cast<std::int32_t>(label));
  }
  /// A word of a name whose first word has the label `beginning`.
  void add_name_word(std::string_view word, std::size_t beginning) {
    constexpr std::size_t kInside = 3;  // from B-X to I-X
    const std::size_t words = sentence_.words.size();
    add(word, words == name_begin_ ? beginning : beginning + kInside);
  }

  void add_place() {
    constexpr std::size_t kLabel = 1;
    if (one_in(2)) return add_name_word(pick(kCities), kLabel);
    add_name_word(pick(kCityBeginnings), kLabel);
    add_name_word(pick(kShared), kLabel);
  }
  void add_company() {
    constexpr std::size_t kLabel = 2;
    add_name_word(one_in(4) ? pick(kCities) : pick(kShared), kLabel);
    add_name_word(pick(kTrades), kLabel);
  }
  void add_person() {
    constexpr std::size_t kLabel = 3;
    add_name_word(pick(synthetic::first_names()), kLabel);
    if (!one_in(3)) add_name_word(pick(kShared), kLabel);
  }

  void expand(std::string_view pattern) {
    while (!pattern.empty()) {
      const std::size_t end = std::min(pattern.find(' '), pattern.size());
      const std::string_view word = pattern.substr(0, end);
      pattern.remove_prefix(std::min(end + 1, pattern.size()));
      name_begin_ = sentence_.words.size();
      if (word == "CITY") {
        add_place();
      } else if (word == "COMPANY") {
        add_company();
      } else if (word == "PERSON") {
        add_person();
      } else if (const Words list = synthetic::list_of(word); !list.empty()) {
        expand(pick(list));
      } else {
        add(word, 0);
      }
    }
  }

  std::mt19937_64 random_;
  TaggedSentence sentence_;
  std::size_t name_begin_ = 0;
};

}  // namespace

TaggedDataset generate_synthetic_entities(const SyntheticEntityOptions& options) {
  TaggedDataset dataset;
  dataset.labels.assign(kLabels.begin(), kLabels.end());
  dataset.label_lines.assign(kLabels.size(), 0);
  dataset.origin = fmt::format("synthetic sentences (seed {})", options.seed);
  SentenceWriter writer(options.seed);
  for (std::size_t i = 0; i < options.examples; ++i) dataset.examples.push_back(writer.write());
  return dataset;
}

void write_columns(const std::filesystem::path& path, const TaggedDataset& dataset) {
  write_file_atomically(path, [&](std::ostream& out) {
    for (const TaggedSentence& sentence : dataset.examples) {
      for (std::size_t w = 0; w < sentence.words.size(); ++w)
        out << sentence.words[w] << ' ' << dataset.labels[static_cast<std::size_t>(sentence.tags[w])] << '\n';
      out << '\n';
    }
  });
}

}  // namespace transkimmer
