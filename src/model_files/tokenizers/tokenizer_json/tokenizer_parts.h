#pragma once

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json_fwd.hpp>

#include "model_files/config/model_config.h"
#include "model_files/tokenizers/settings/tokenizer_settings.h"
#include "model_files/tokenizers/tokenizer_json/post_processor.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"
#include "text/tokenizer.h"
#include "transkimmer/error.h"

namespace transkimmer {

/// What every algorithm's tokenizer has.
struct CommonParts {
  std::vector<AddedToken> added_tokens;
  InputRules rules;
  SpecialTokens special_tokens;
  SpecialTokensInText special_in_text = SpecialTokensInText::whole;

  template <class Model>
  void move_to(Model& model) {
    model.added_tokens = std::move(added_tokens);
    model.rules = std::move(rules);
    model.special_tokens = special_tokens;
    model.special_in_text = special_in_text;
  }
};

/// A tokenizer.json while a tokenizer is made of it: what does not depend on the algorithm.
class TokenizerParts {
 public:
  /// All outlive this. Throws FormatError when there is no "model".
  TokenizerParts(const nlohmann::json& root, const std::string& origin, const ModelConfig& config,
                 const TokenizerSettings& settings);

  const nlohmann::json& root() const { return root_; }
  const nlohmann::json& model() const { return model_; }
  const std::string& origin() const { return origin_; }
  const TokenizerSettings& settings() const { return settings_; }
  VocabularyBuilder& vocabulary() { return vocabulary_; }

  /// The names of special tokens: `unknown` as the model has it, the others as the files have them, or else
  /// as `usual`.
  SpecialTokenNames names(const std::string& unknown, const SpecialTokenNames& usual) const;
  /// The model's own tokens have been put into the vocabulary, to which the added ones come. Throws
  /// FormatError naming the field.
  CommonParts common(const SpecialTokenNames& names);
  /// Classes that transformers builds anew do as their settings say, whatever tokenizer.json says. Throws
  /// FormatError where the setting `key` is something else than what the file does.
  template <class Value>
  void reject_contradiction(const char* key, const std::optional<Value>& set, const Value& here) const {
    if (!settings_.what.rebuilt || !set || *set == here) return;
    throw FormatError(fmt::format("{}: does not do as '{}' of the settings says, which is what {} does",
                                  origin_, key, settings_.class_name()));
  }

 private:
  const nlohmann::json& object_of(const nlohmann::json& parent, const char* key) const;
  std::optional<std::string> leftover(const char* key, const char* name) const;
  TruncationSide truncation_side() const;
  SpecialTokenNames default_names() const;
  std::vector<AddedToken> added_tokens(const SpecialTokenNames& usual);
  PostProcessing post_processing() const;
  void reject_other_ends(const std::vector<LayoutPart>& parts, const ProcessingTokens& named) const;
  SpecialTokens special_tokens(const SpecialTokenNames& names, const InputLayout& layout) const;

  const nlohmann::json& root_;
  const std::string& origin_;
  const ModelConfig& config_;
  const TokenizerSettings& settings_;
  const nlohmann::json& model_;
  VocabularyBuilder vocabulary_;
};

}  // namespace transkimmer
