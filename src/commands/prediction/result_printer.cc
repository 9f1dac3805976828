#include "commands/prediction/result_printer.h"

#include <algorithm>
#include <iostream>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/escaping.h"
#include "commands/program/output.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

Json decimals(const std::vector<float>& values) {
  Json array = Json::array();
  for (const float value : values) array.push_back(shortest_decimal(value));
  return array;
}

Json as_json(const TokenTrace& token, int layers) {
  Json object = {{"token", token.token}, {"begin", token.begin}, {"end", token.end}};
  if (token.second) object["text_pair"] = true;
  object["skimmed_at"] = token.skimmed_at < layers ? Json(token.skimmed_at) : Json(nullptr);
  return object;
}

Json as_json(const std::vector<TokenTrace>& tokens, int layers) {
  Json array = Json::array();
  for (const auto& token : tokens) array.push_back(as_json(token, layers));
  return array;
}

/// Of a multi-label model.
Json labels_as_json(const Classification& result, const Classifier& classifier) {
  Json object = {{"labels", Json::array()}, {"scores", Json::object()}};
  for (const int label : result.labels)
    object["labels"].push_back(classifier.labels()[static_cast<std::size_t>(label)]);
  for (std::size_t i = 0; i < result.probabilities.size(); ++i)
    object["scores"][classifier.labels()[i]] = shortest_decimal(result.probabilities[i]);
  return object;
}

Json as_json(const Classification& result, const Classifier& classifier) {
  Json object = classifier.multi_label() ? labels_as_json(result, classifier) : Json::object();
  const bool regression = result.probabilities.empty();
  if (!regression && !classifier.multi_label()) {
    object["label"] = result.label_name;
    object["label_id"] = result.label;
  }
  if (!classifier.multi_label()) object["score"] = shortest_decimal(result.score);
  if (!regression && !classifier.multi_label()) object["probabilities"] = decimals(result.probabilities);
  object["truncated"] = result.truncated;
  object["kept_fraction"] = decimals(result.kept_fraction);
  object["tokens"] = as_json(result.tokens, classifier.layers());
  return object;
}

const std::string& text_of(const Entity& entity, const TextLine& line) {
  return entity.second ? *line.text_pair : line.text;
}

std::string word_of(const Entity& entity, const TextLine& line) {
  return text_of(entity, line).substr(entity.begin, entity.end - entity.begin);
}

/// As Hugging Face's pipeline has it: places in characters. `token` is how the vocabulary spells the entity,
/// where that is one token.
Json as_json(const Entity& entity, const TextLine& line, const std::string* token) {
  const std::string& text = text_of(entity, line);
  Json object = {{token != nullptr ? "entity" : "entity_group", entity.entity_group},
                 {"score", shortest_decimal(entity.score)}};
  if (token != nullptr) object["index"] = entity.index;
  object["word"] = token != nullptr ? *token : word_of(entity, line);
  object["start"] = characters_before(text, entity.begin);
  object["end"] = characters_before(text, entity.end);
  if (entity.second) object["text_pair"] = true;
  return object;
}

Json entities_json(const TaggedText& result, const TextLine& line, bool by_token) {
  Json entities = Json::array();
  auto token = result.tokens.begin();
  for (const Entity& entity : result.entities) {
    if (by_token)
      token = std::find_if(token, result.tokens.end(),
                           [&](const TokenLabel& each) { return each.label_name == entity.entity_group; });
    entities.push_back(as_json(entity, line, by_token ? &token++->token.token : nullptr));
  }
  return entities;
}

Json as_json(const std::vector<FilledToken>& tokens) {
  Json array = Json::array();
  for (const FilledToken& token : tokens)
    array.push_back({{"score", shortest_decimal(token.score)},
                     {"token", token.token},
                     {"token_str", token.token_str},
                     {"sequence", token.sequence}});
  return array;
}

}  // namespace

std::string words_of(const Classification& result, const Classifier& classifier) {
  if (classifier.multi_label()) {
    std::vector<std::string> names;
    for (const int label : result.labels)
      names.push_back(escaped(classifier.labels()[static_cast<std::size_t>(label)]));
    return fmt::format("{}", fmt::join(names, "\t"));
  }
  if (result.probabilities.empty()) return fmt::format("{}", result.score);
  return fmt::format("{}\t{:.6f}", escaped(result.label_name), result.score);
}

std::string words_of(const Relevance& result) {
  return fmt::format("{}", result.score);
}

std::string words_of(const TaggedText& result, const TextLine& line) {
  std::string text;
  for (const Entity& entity : result.entities)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\t", escaped(entity.entity_group),
                        escaped(word_of(entity, line)));
  return text;
}

void print_result(const Classification& result, const Classifier& classifier, bool json) {
  if (json) return print_json(as_json(result, classifier));
  std::cout << words_of(result, classifier) << '\n';
}

void print_result(const Relevance& result, int layers, bool json) {
  if (!json) {
    std::cout << words_of(result) << '\n';
    return;
  }
  print_json({{"score", shortest_decimal(result.score)},
              {"truncated", result.truncated},
              {"kept_fraction", decimals(result.kept_fraction)},
              {"tokens", as_json(result.tokens, layers)}});
}

void print_result(const FilledText& result, bool json) {
  if (json) {
    const Json fill = result.masks.size() == 1 ? as_json(result.masks.front()) : [&] {
      Json masks = Json::array();
      for (const std::vector<FilledToken>& tokens : result.masks) masks.push_back(as_json(tokens));
      return masks;
    }();
    return print_json(
        {{"fill", fill}, {"truncated", result.truncated}, {"kept_fraction", decimals(result.kept_fraction)}});
  }
  std::vector<std::string> masks;
  for (const std::vector<FilledToken>& tokens : result.masks) {
    std::vector<std::string> shown;
    for (const FilledToken& token : tokens)
      shown.push_back(fmt::format("{}: {:.6f}", escaped(token.token_str), token.score));
    masks.push_back(fmt::format("{}", fmt::join(shown, "\t")));
  }
  std::cout << fmt::format("{}\n", fmt::join(masks, " | "));
}

void print_result(const SparseEmbedding& result, bool json) {
  if (json) {
    Json sparse = Json::array();
    for (const SparseValue& value : result.values)
      sparse.push_back(
          {{"index", value.index}, {"token", value.token}, {"value", shortest_decimal(value.value)}});
    return print_json({{"sparse", sparse},
                       {"truncated", result.truncated},
                       {"kept_fraction", decimals(result.kept_fraction)}});
  }
  std::vector<std::string> shown;
  for (const SparseValue& value : result.values)
    shown.push_back(fmt::format("{}: {:.6f}", escaped(value.token), value.value));
  std::cout << fmt::format("{}\n", fmt::join(shown, "\t"));
}

void print_result(const TaggedText& result, const TextLine& line, EntityFormat format) {
  if (format.json) {
    Json object = {{"entities", entities_json(result, line, format.by_token)}};
    object["truncated"] = result.truncated;
    object["kept_fraction"] = decimals(result.kept_fraction);
    return print_json(object);
  }
  std::cout << words_of(result, line) << '\n';
}

namespace {

/// `values` as JSON has them.
Json as_json(const Embedding& result, Json values) {
  return {{"embedding", std::move(values)},
          {"truncated", result.truncated},
          {"kept_fraction", decimals(result.kept_fraction)}};
}

}  // namespace

void print_result(const Embedding& result, bool json) {
  if (json) return print_json(as_json(result, decimals(result.values)));
  std::cout << fmt::format("{}\n", fmt::join(result.values, " "));
}

void print_result(const Embedding& result, const std::vector<int>& quantized, bool json) {
  if (json) return print_json(as_json(result, quantized));
  std::cout << fmt::format("{}\n", fmt::join(quantized, " "));
}

}  // namespace transkimmer
