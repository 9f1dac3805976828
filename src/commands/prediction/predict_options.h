#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "commands/options/text_input.h"
#include "transkimmer/mask_filler.h"
#include "transkimmer/options.h"
#include "transkimmer/question_answerer.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {

/// Names of Aggregation, in its order.
const std::vector<std::string>& aggregation_names();
/// What --embedding-precision takes: sentence-transformers' names.
const std::vector<std::string>& embedding_precision_names();

/// What `transkimmer predict` is asked to do.
struct PredictOptions {
  std::filesystem::path model;
  TextInputOptions input;
  EngineOptions engine;
  std::size_t max_length = 0;
  std::size_t batch_tokens = ClassifyOptions().batch_tokens;
  std::optional<std::string> head;  ///< "reranker", of a model that does not say what its one number is
  AnswerOptions answer;
  std::optional<std::string> question;
  std::optional<std::string> context;
  std::optional<std::string> prompt;
  std::size_t dimensions = 0;
  std::string embedding_precision = embedding_precision_names().front();
  std::filesystem::path calibration;  ///< texts whose vectors say the ranges of bytes; empty: the input's
  std::string aggregation = aggregation_names()[static_cast<std::size_t>(Aggregation::simple)];
  std::size_t top_k = FillOptions().top_k;
  bool sparse = false;
  std::size_t max_active_dims = 0;
  bool json = false;
  std::filesystem::path html;  ///< the page of drawings; empty: none
  bool progress = false;

  bool traces_tokens() const { return json || !html.empty(); }
};

}  // namespace transkimmer
