#include "commands/result_printer.h"

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

Json as_json(const Classification& result, int layers) {
  Json object;
  const bool regression = result.probabilities.empty();
  if (!regression) {
    object["label"] = result.label_name;
    object["label_id"] = result.label;
  }
  object["score"] = shortest_decimal(result.score);
  if (!regression) {
    object["probabilities"] = decimals(result.probabilities);
  }
  object["truncated"] = result.truncated;
  object["kept_fraction"] = decimals(result.kept_fraction);
  object["tokens"] = Json::array();
  for (const auto& token : result.tokens) object["tokens"].push_back(as_json(token, layers));
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

}  // namespace

void print_result(const Classification& result, int layers, bool json) {
  if (json) {
    print_json(as_json(result, layers));
  } else if (result.probabilities.empty()) {
    std::cout << fmt::format("{}\n", result.score);
  } else {
    std::cout << fmt::format("{}\t{:.6f}\n", escaped(result.label_name), result.score);
  }
}

void print_result(const TaggedText& result, const TextLine& line, EntityFormat format) {
  if (format.json) {
    Json object = {{"entities", entities_json(result, line, format.by_token)}};
    object["truncated"] = result.truncated;
    object["kept_fraction"] = decimals(result.kept_fraction);
    return print_json(object);
  }
  std::string text;
  for (const Entity& entity : result.entities)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\t", escaped(entity.entity_group),
                        escaped(word_of(entity, line)));
  std::cout << text << '\n';
}

void print_result(const Embedding& result, bool json) {
  if (json)
    return print_json({{"embedding", decimals(result.values)},
                       {"truncated", result.truncated},
                       {"kept_fraction", decimals(result.kept_fraction)}});
  std::cout << fmt::format("{}\n", fmt::join(result.values, " "));
}

}  // namespace transkimmer
