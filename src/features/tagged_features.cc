#include "features/tagged_features.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/machine/parallel.h"

namespace transkimmer {
namespace {

constexpr std::size_t kChunk = 64;

/// Where each word begins among the tokens, and which class each token has.
struct Placed {
  std::vector<std::uint32_t> first_tokens;
  std::vector<std::int32_t> tags;
};

Placed place(const TaggedSentence& sentence, const EncodedWords& encoded) {
  Placed placed{std::vector<std::uint32_t>(sentence.words.size(), kNoToken),
                std::vector<std::int32_t>(encoded.word_ids.size(), kNoTag)};
  std::int32_t before = -1;
  for (std::size_t t = 0; t < encoded.word_ids.size(); ++t) {
    const std::int32_t word = encoded.word_ids[t];
    if (word < 0 || word == before) continue;
    before = word;
    placed.first_tokens[static_cast<std::size_t>(word)] = static_cast<std::uint32_t>(t);
    if (!sentence.tags.empty()) placed.tags[t] = sentence.tags[static_cast<std::size_t>(word)];
  }
  return placed;
}

void append(const Encoding& encoding, EncodedDataset& out) {
  out.ids.insert(out.ids.end(), encoding.ids.begin(), encoding.ids.end());
  out.type_ids.insert(out.type_ids.end(), encoding.type_ids.begin(), encoding.type_ids.end());
  out.starts.push_back(out.ids.size());
  out.labels.push_back(std::numeric_limits<double>::quiet_NaN());
  if (encoding.truncated) ++out.truncated;
}

std::vector<EncodedWords> encode_all(const TaggedDataset& dataset, const Tokenizer& tokenizer,
                                     std::size_t max_length, unsigned threads) {
  std::vector<EncodedWords> encoded(dataset.examples.size());
  const EncodeOptions options{.max_length = max_length, .truncation = Truncation::longest_first};
  parallel_for((encoded.size() + kChunk - 1) / kChunk, threads, [&](std::size_t chunk) {
    for (std::size_t i = chunk * kChunk; i < std::min(encoded.size(), (chunk + 1) * kChunk); ++i)
      encoded[i] = tokenizer.encode_words(dataset.examples[i].words, options);
  });
  return encoded;
}

}  // namespace

TaggedFeatures encode_tagged(const TaggedDataset& dataset, const Tokenizer& tokenizer, std::size_t max_length,
                             unsigned threads) {
  TaggedFeatures features;
  const std::vector<EncodedWords> encoded = encode_all(dataset, tokenizer, max_length, threads);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    append(encoded[i].encoding, features.tokens);
    Placed placed = place(dataset.examples[i], encoded[i]);
    features.lost_words += static_cast<std::size_t>(std::ranges::count(placed.first_tokens, kNoToken));
    if (dataset.labelled)
      features.tokens.tags.insert(features.tokens.tags.end(), placed.tags.begin(), placed.tags.end());
    features.first_tokens.push_back(std::move(placed.first_tokens));
  }
  return features;
}

void tell_about_lost_words(const TaggedFeatures& features, const TaggedDataset& dataset,
                           std::size_t max_length, const NoticeHandler& notices) {
  if (features.lost_words > 0)
    notify(notices,
           fmt::format("{}: {} words have no token and do not count: {} of {} sentences have more than {} "
                       "tokens and are cut",
                       dataset.origin, features.lost_words, features.tokens.truncated, features.tokens.size(),
                       max_length));
}

std::vector<std::int32_t> best_classes(std::span<const float> logits, std::size_t classes) {
  std::vector<std::int32_t> best;
  best.reserve(logits.size() / classes);
  for (std::size_t begin = 0; begin < logits.size(); begin += classes) {
    const auto own = logits.subspan(begin, classes);
    best.push_back(static_cast<std::int32_t>(std::ranges::max_element(own) - own.begin()));
  }
  return best;
}

EntityScores score_tags(const EncodedDataset& tokens, std::span<const std::vector<std::int32_t>> predicted,
                        std::span<const std::string> labels) {
  std::vector<TagSequence> gold(tokens.size()), found(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto tags = tokens.sequence_tags(i);
    for (std::size_t t = 0; t < tags.size(); ++t) {
      if (tags[t] < 0) continue;
      gold[i].push_back(labels[static_cast<std::size_t>(tags[t])]);
      found[i].push_back(labels[static_cast<std::size_t>(predicted[i][t])]);
    }
  }
  return entity_scores(gold, found);
}

}  // namespace transkimmer
