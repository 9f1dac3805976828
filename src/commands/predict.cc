#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/output.h"
#include "commands/text_input.h"
#include "transkimmer/classifier.h"

namespace transkimmer {
namespace {

/// Inputs are classified together when they are there together. More lets texts of like length share a
/// forward pass (which skimming does not need) and delays the first answer.
constexpr std::size_t max_chunk_lines = 512;

struct PredictOptions {
  std::filesystem::path model;
  TextInputOptions input;
  EngineOptions engine;
  ClassifyOptions classify;
  bool json = false;
};

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
    object["probabilities"] = Json::array();
    for (const float probability : result.probabilities) {
      object["probabilities"].push_back(shortest_decimal(probability));
    }
  }
  object["tokens"] = Json::array();
  for (const auto& token : result.tokens) object["tokens"].push_back(as_json(token, layers));
  return object;
}

void print(const Classification& result, const PredictOptions& options, int layers) {
  if (options.json) {
    print_json(as_json(result, layers));
  } else if (result.probabilities.empty()) {
    std::cout << fmt::format("{}\n", result.score);
  } else {
    std::cout << fmt::format("{}\t{:.6f}\n", result.label_name, result.score);
  }
}

void answer(const Classifier& classifier, const std::vector<TextLine>& lines, const PredictOptions& options) {
  std::vector<TextInput> inputs;
  inputs.reserve(lines.size());
  for (const auto& line : lines) {
    TextInput& input = inputs.emplace_back(TextInput{line.text, std::nullopt});
    if (line.text_pair) input.text_pair = *line.text_pair;
  }
  for (const auto& result : classifier.classify(inputs, options.classify))
    print(result, options, classifier.layers());
  std::cout.flush();
}

/// Waits for the first line of a chunk, then takes what is there without waiting.
bool read_chunk(TextLineReader& reader, std::vector<TextLine>& chunk) {
  do {
    auto line = reader.next();
    if (!line) return false;
    chunk.push_back(*std::move(line));
  } while (chunk.size() < max_chunk_lines && reader.ready());
  return true;
}

void run_predict(PredictOptions options) {
  options.classify.trace_tokens = options.json;
  const auto classifier = Classifier::load(options.model, options.engine, notices_on_standard_error());
  TextLineReader reader(options.input);
  for (bool more = true; more;) {
    std::vector<TextLine> chunk;
    try {
      more = read_chunk(reader, chunk);
    } catch (const Error&) {
      // The lines before the faulty one get their answers.
      answer(classifier, chunk, options);
      throw;
    }
    answer(classifier, chunk, options);
  }
}

}  // namespace

void add_predict_command(CLI::App& app) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict",
                                         "Classify texts. Each line of input gives one line of output, as "
                                         "soon as it is there: the label, a tab and its "
                                         "probability, or the value that a regression model predicts. With "
                                         "--json an object with label, label_id, score, "
                                         "probabilities (in the order of the model's labels) and tokens; a "
                                         "token's skimmed_at is the layer whose "
                                         "predictor skimmed it, counted from 0, or null when it was never "
                                         "skimmed; begin and end are bytes of the text.");
  add_model_option(*command, options->model);
  add_text_input_options(*command, options->input);
  command
      ->add_option("--max-length", options->classify.max_length,
                   "Cut inputs to N tokens, special tokens included; 0: as long as the model allows")
      ->type_name("N")
      ->check(whole_number(0, 1 << 20))
      ->group("Input");
  add_engine_options(*command, options->engine);
  command
      ->add_option("--batch-tokens", options->classify.batch_tokens,
                   "Tokens per forward pass; bounds memory and does not change results")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24))
      ->group(engine_group);
  add_json_option(*command, options->json);
  command->footer("Example:\n  echo 'a charming journey' | transkimmer predict --model my-model --json");
  command->callback([options] { run_predict(*options); });
}

}  // namespace transkimmer
