#include "serving/aggregation.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

constexpr std::string_view kOutside = "O";

/// A token or a word with one label.
struct Labelled {
  std::size_t label = 0;
  float score = 0;
  std::uint32_t begin = 0, end = 0, index = 0, last_index = 0;
  bool second = false;
};

std::size_t best_of(std::span<const float> probabilities) {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

/// The places of `word` with the label that `probabilities` are largest for.
Labelled labelled(std::span<const ScoredToken> word, std::span<const float> probabilities) {
  const std::size_t best = best_of(probabilities);
  const ScoredToken& first = word.front();
  const ScoredToken& last = word.back();
  return {best,        probabilities[best], first.range.begin, last.range.end,
          first.index, last.index,          first.second};
}

std::vector<float> mean_of(std::span<const ScoredToken> word) {
  std::vector<float> mean(word.front().probabilities.begin(), word.front().probabilities.end());
  for (const ScoredToken& token : word.subspan(1))
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += token.probabilities[i];
  for (float& value : mean) value /= static_cast<float>(word.size());
  return mean;
}

Labelled label_of_word(std::span<const ScoredToken> word, Aggregation aggregation) {
  if (aggregation == Aggregation::average) return labelled(word, mean_of(word));
  if (aggregation == Aggregation::first) return labelled(word, word.front().probabilities);
  const auto surest = std::ranges::max_element(
      word, {}, [](const ScoredToken& token) { return std::ranges::max(token.probabilities); });
  return labelled(word, surest->probabilities);
}

std::vector<Labelled> labels_of_words(std::span<const ScoredToken> tokens, Aggregation aggregation) {
  std::vector<Labelled> words;
  for (std::size_t begin = 0; begin < tokens.size();) {
    std::size_t end = begin + 1;
    while (end < tokens.size() && tokens[end].goes_on && tokens[end].second == tokens[begin].second) ++end;
    words.push_back(label_of_word(tokens.subspan(begin, end - begin), aggregation));
    begin = end;
  }
  return words;
}

std::vector<Labelled> labels_of_tokens(std::span<const ScoredToken> tokens) {
  std::vector<Labelled> labels;
  for (const ScoredToken& token : tokens)
    labels.push_back(labelled(std::span(&token, 1), token.probabilities));
  return labels;
}

/// "B-PER" in its parts; a name without a prefix continues what it stands behind.
struct Tag {
  bool begins = false;
  std::string_view kind;
};

Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {true, label.substr(2)};
  if (label.starts_with("I-")) return {false, label.substr(2)};
  return {false, label};
}

/// What stands behind the first dash, whatever is before it.
std::string group_of(std::string_view label) {
  return std::string(label.substr(label.find('-') + 1));
}

std::vector<Entity> grouped(std::span<const Labelled> all, std::span<const std::string> names) {
  std::vector<Entity> entities;
  for (std::size_t begin = 0; begin < all.size();) {
    const Labelled& first = all[begin];
    std::size_t end = begin + 1;
    float sum = first.score;
    for (; end < all.size(); ++end) {
      const Tag tag = tag_of(names[all[end].label]);
      const bool continues = !tag.begins && tag.kind == tag_of(names[all[end - 1].label]).kind;
      if (!continues || all[end].second != first.second) break;
      sum += all[end].score;
    }
    std::string group = group_of(names[first.label]);
    if (group != kOutside)
      entities.push_back({std::move(group), sum / static_cast<float>(end - begin), first.begin,
                          all[end - 1].end, first.second, first.index, all[end - 1].last_index});
    begin = end;
  }
  return entities;
}

}  // namespace

bool goes_on_word(const Tokenizer& tokenizer, std::int32_t id, ByteRange range, std::string_view text) {
  if (id == tokenizer.special_tokens().unknown) return false;
  if (!tokenizer.continuing_prefix().empty()) {
    const std::string_view token = tokenizer.token(id);
    const std::string_view place = text.substr(range.begin, range.end - range.begin);
    return characters_before(token, token.size()) != characters_before(place, place.size());
  }
  const auto is_blank = [&](std::size_t at) { return at < text.size() && text[at] == ' '; };
  return range.begin > 0 && !is_blank(range.begin - 1) && !is_blank(range.begin);
}

std::vector<Entity> aggregate(std::span<const ScoredToken> tokens, std::span<const std::string> labels,
                              Aggregation aggregation) {
  if (aggregation == Aggregation::simple) return grouped(labels_of_tokens(tokens), labels);
  if (aggregation != Aggregation::none) return grouped(labels_of_words(tokens, aggregation), labels);
  std::vector<Entity> entities;
  for (const Labelled& token : labels_of_tokens(tokens))
    if (labels[token.label] != kOutside)
      entities.push_back(
          {labels[token.label], token.score, token.begin, token.end, token.second, token.index, token.index});
  return entities;
}

}  // namespace transkimmer
