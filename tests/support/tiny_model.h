#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model_files/config/model_config.h"

namespace transkimmer::test {

/// A small model with random weights, the same on every machine for the same settings. Its predictors
/// disagree among tokens, so that some are skimmed in every layer and some never.
struct TinyModel {
  std::string architecture = "bert";
  HeadKind head = HeadKind::classification;
  std::vector<std::string> labels = {"negative", "positive"};  ///< one entry for regression
  std::int64_t hidden_size = 32;
  std::int64_t layers = 3;
  std::int64_t heads = 4;
  std::int64_t intermediate_size = 64;
  std::int64_t max_tokens = 64;
  std::int64_t type_vocab_size = 0;  ///< 0: 2 for BERT, 1 for RoBERTa
  std::int64_t predictor_size = 16;  ///< 0: no predictors
  double threshold = 0;
  SkimSemantics semantics = SkimSemantics::removal;
  SkimProtection protection = SkimProtection::first_token;
  Activation activation = Activation::gelu;
  std::uint64_t seed = 1;
  std::string broken_weight = {};  ///< the weight whose numbers are all NaN
};

/// Writes config.json, model.safetensors and the tokenizer files (vocab.txt where padding has the id 0, as in
/// BERT, vocab.json and merges.txt where it has 1, as in RoBERTa) into `directory`, made if absent. The
/// vocabulary spells any lower-case ASCII text: letters, digits, punctuation and a few words ("a",
/// "charming", "journey", "flat", "movie", ...).
ModelConfig write_tiny_model(const std::filesystem::path& directory, const TinyModel& model = {});

/// The tokenizer files alone. Returns the size of the vocabulary.
std::int64_t write_tiny_tokenizer(const std::filesystem::path& directory, std::string architecture);

}  // namespace transkimmer::test
