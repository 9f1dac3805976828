#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files/folder.h"
#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "model/cost.h"
#include "model/weight_specs.h"
#include "model_files/config/activation_names.h"
#include "model_files/config/model_config.h"
#include "model_files/safetensors/safetensors.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/model_weights.h"
#include "model_files/weights/weight_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct InspectOptions {
  std::filesystem::path model;
  bool json = false;
};

struct Parameters {
  std::uint64_t encoder = 0;
  std::uint64_t predictors = 0;
  std::uint64_t head = 0;

  std::uint64_t total() const { return encoder + predictors + head; }
};

/// Multiply-accumulates that every token costs in every layer together, apart from attention scores, which
/// grow with the number of tokens.
struct TokenCost {
  std::uint64_t linear = 0;
  std::uint64_t predictors = 0;

  double predictor_share() const { return static_cast<double>(predictors) / static_cast<double>(linear); }
};

struct Tensor {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string file;
};

struct Inspection {
  ModelConfig config;
  std::optional<ModelWeights> weights;
  Parameters parameters;
  TokenCost token_cost;
  std::vector<Tensor> tensors;
  std::string tokenizer_algorithm;
  std::size_t vocabulary = 0;   ///< of the tokenizer
  std::string tokenizer_error;  ///< why the tokenizer cannot be loaded; empty when it can
};

std::uint64_t elements(const std::vector<std::int64_t>& shape) {
  std::uint64_t product = 1;
  for (const std::int64_t extent : shape) product *= static_cast<std::uint64_t>(extent);
  return product;
}

/// Of the weights that are there or, without any, of those the configuration describes.
Parameters count_parameters(const ModelConfig& config, const std::optional<ModelWeights>& weights) {
  Parameters parameters;
  for (const auto& spec : expected_weights(config.spec())) {
    if (weights && !weights->contains(spec.name)) continue;
    switch (spec.group) {
      case WeightGroup::encoder:
        parameters.encoder += elements(spec.shape);
        break;
      case WeightGroup::predictor:
        parameters.predictors += elements(spec.shape);
        break;
      case WeightGroup::pooler:
      case WeightGroup::head:
        parameters.head += elements(spec.shape);
        break;
    }
  }
  return parameters;
}

TokenCost cost_per_token(const ModelConfig& config) {
  TokenCost cost;
  for (const LayerCost& layer : cost_coefficients(config.spec()).layers) {
    cost.linear += layer.per_token;
    cost.predictors += layer.predictor_per_token;
  }
  return cost;
}

std::vector<Tensor> list_tensors(const ModelWeights& weights) {
  std::vector<Tensor> tensors;
  for (const auto& path : weights.files()) {
    const auto file = SafetensorsFile::open(path);
    for (const auto& [name, tensor] : file.tensors()) {
      tensors.push_back({name, std::string(name_of(tensor.dtype)), tensor.shape, path.filename().string()});
    }
  }
  return tensors;
}

Inspection inspect(const std::filesystem::path& directory) {
  Inspection inspection;
  inspection.config = ModelConfig::load(directory);
  if (find_weight_files(directory) == WeightFiles::safetensors) {
    inspection.weights =
        ModelWeights::load(directory, inspection.config, {.predictors = false, .head = false});
    inspection.tensors = list_tensors(*inspection.weights);
  }
  inspection.parameters = count_parameters(inspection.config, inspection.weights);
  inspection.token_cost = cost_per_token(inspection.config);
  try {
    const auto tokenizer =
        load_tokenizer(directory, inspection.config, {.notices = notices_on_standard_error()});
    inspection.tokenizer_algorithm = tokenizer->algorithm();
    inspection.vocabulary = tokenizer->vocabulary_size();
  } catch (const Error& error) {
    inspection.tokenizer_error = error.what();
  }
  return inspection;
}

Json list_files(const std::filesystem::path& directory) {
  Json files = Json::array();
  for (const auto& path : files_in(directory))
    files.push_back({{"name", path.filename().string()}, {"bytes", std::filesystem::file_size(path)}});
  return files;
}

Json sizes_json(const ModelConfig& config) {
  return {{"vocab_size", config.vocab_size},
          {"hidden_size", config.hidden_size},
          {"embedding_size", embedding_columns(config.spec())},
          {"num_hidden_layers", config.num_hidden_layers},
          {"num_attention_heads", config.num_attention_heads},
          {"intermediate_size", config.intermediate_size},
          {"max_tokens", config.max_tokens()}};
}

Json skimming_json(const ModelConfig& config) {
  if (!config.skim.enabled) return nullptr;
  return {{"predictor_size", config.skim.predictor_size},
          {"threshold", config.skim.threshold},
          {"coefficient", config.skim.coefficient},
          {"semantics", name_of(config.skim.semantics)},
          {"protect", name_of(config.skim.protection)}};
}

std::string protection_text(const ModelConfig& config) {
  switch (config.skim.protection) {
    case SkimProtection::first_token:
      return "the first token is never skimmed";
    case SkimProtection::question:
      return "the question in front of its context is never skimmed";
    case SkimProtection::none:
      break;
  }
  return config.spec().texts_exit() ? "nothing: a text is done when its first token is skimmed"
                                    : "nothing: any token may be skimmed, the first too";
}

Json macs_json(const Inspection& inspection) {
  const auto tokens = static_cast<std::uint64_t>(inspection.config.max_tokens());
  return {
      {"per_token",
       {{"linear", inspection.token_cost.linear},
        {"predictors", inspection.token_cost.predictors},
        {"predictor_share", inspection.token_cost.predictor_share()}}},
      {"dense_sequence", {{"tokens", tokens}, {"macs", dense_cost(inspection.config.spec(), tokens).count}}}};
}

Json as_json(const Inspection& inspection, const std::filesystem::path& directory) {
  const ModelConfig& config = inspection.config;
  const Parameters& parameters = inspection.parameters;
  Json object = {{"model", directory.string()},
                 {"architecture", config.model_type},
                 {"hidden_act", name_of(config.hidden_act)},
                 {"head", name_of(config.head)},
                 {"labels", config.labels},
                 {"sizes", sizes_json(config)},
                 {"skimming", skimming_json(config)},
                 {"parameters",
                  {{"total", parameters.total()},
                   {"encoder", parameters.encoder},
                   {"predictors", parameters.predictors},
                   {"head", parameters.head}}},
                 {"macs", macs_json(inspection)}};
  if (inspection.tokenizer_error.empty()) {
    object["tokenizer"] = {{"kind", inspection.tokenizer_algorithm}, {"vocabulary", inspection.vocabulary}};
  } else {
    object["tokenizer"] = {{"error", inspection.tokenizer_error}};
  }
  object["files"] = list_files(directory);
  object["tensors"] = Json::array();
  for (const auto& tensor : inspection.tensors) {
    object["tensors"].push_back(
        {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"file", tensor.file}});
  }
  object["unused_tensors"] = inspection.weights ? Json(inspection.weights->unused()) : Json::array();
  return object;
}

std::string listed(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) shown.push_back(name.empty() ? "''" : escaped(name));
  return fmt::format("{}", fmt::join(shown, ", "));
}

void print_row(std::string_view name, const std::string& value) {
  std::cout << fmt::format("{:<14}{}\n", name, value);
}

void print_skimming(const Inspection& inspection) {
  const SkimConfig& skim = inspection.config.skim;
  if (!skim.enabled) {
    print_row("skimming", "no predictors: the model runs dense");
    return;
  }
  print_row("skimming",
            fmt::format("predictors of size {}, threshold {}", skim.predictor_size, skim.threshold));
  print_row("semantics",
            skim.semantics == SkimSemantics::removal
                ? "removal: trained with what removal computes"
                : "original: trained with the published attention; removal computes something else");
  print_row("protected", protection_text(inspection.config));
}

void print_parameters(const Inspection& inspection) {
  const Parameters& parameters = inspection.parameters;
  print_row("parameters",
            fmt::format("{} (encoder {}, predictors {}, head {})", with_separators(parameters.total()),
                        with_separators(parameters.encoder), with_separators(parameters.predictors),
                        with_separators(parameters.head)));
  const TokenCost& cost = inspection.token_cost;
  print_row("MACs per token", "");
  print_row("  layers", fmt::format("{} in matrix products of all layers, attention scores apart",
                                    with_separators(cost.linear)));
  if (inspection.config.skim.enabled) {
    print_row("  predictors", fmt::format("{}, {:.2f} % of that", with_separators(cost.predictors),
                                          100 * cost.predictor_share()));
  }
  const auto tokens = static_cast<std::uint64_t>(inspection.config.max_tokens());
  print_row("  sequence",
            fmt::format("{} for {} tokens dense, head included",
                        with_separators(dense_cost(inspection.config.spec(), tokens).count), tokens));
}

void print_tensors(const Inspection& inspection) {
  std::cout << '\n';
  if (!inspection.weights) {
    std::cout << "No weights here: parameters and MACs are those that config.json describes.\n";
    return;
  }
  std::size_t width = 0;
  for (const auto& tensor : inspection.tensors) width = std::max(width, escaped(tensor.name).size());
  for (const auto& tensor : inspection.tensors) {
    std::cout << fmt::format("{:<{}}  {:<5}[{}]\n", escaped(tensor.name), width, tensor.dtype,
                             fmt::join(tensor.shape, ", "));
  }
  for (const auto& name : inspection.weights->unused()) std::cout << "unused: " << escaped(name) << '\n';
}

void print_text(const Inspection& inspection, const std::filesystem::path& directory) {
  const ModelConfig& config = inspection.config;
  print_row("model", escaped(directory.string()));
  print_row("architecture", fmt::format("{}, head: {}", config.model_type, name_of(config.head)));
  if (!config.labels.empty()) print_row("labels", listed(config.labels));
  print_row("layers", fmt::format("{} of hidden size {}, {} heads, feed-forward size {}, {}",
                                  config.num_hidden_layers, config.hidden_size, config.num_attention_heads,
                                  config.intermediate_size, name_of(config.hidden_act)));
  if (config.spec().embeddings.size > 0)
    print_row("embeddings", fmt::format("of size {}", config.spec().embeddings.size));
  print_row("input",
            fmt::format("at most {} tokens, vocabulary of {}", config.max_tokens(), config.vocab_size));
  print_skimming(inspection);
  print_parameters(inspection);
  print_row("tokenizer",
            inspection.tokenizer_error.empty()
                ? fmt::format("{}, {} tokens", inspection.tokenizer_algorithm, inspection.vocabulary)
                : "cannot be loaded: " + inspection.tokenizer_error);
  for (const auto& file : list_files(directory)) {
    print_row("file", fmt::format("{} ({} bytes)", escaped(file["name"].get<std::string>()),
                                  with_separators(file["bytes"].get<std::uint64_t>())));
  }
  print_tensors(inspection);
}

void run_inspect(const InspectOptions& options) {
  const auto inspection = inspect(options.model);
  if (options.json) {
    print_json(as_json(inspection, options.model), 2);
  } else {
    print_text(inspection, options.model);
  }
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect",
                                         "Describe a model directory. Shows its sizes, parameters, "
                                         "multiply-accumulates (MACs) per token and the share of "
                                         "the predictors in them, its files, and every tensor with type and "
                                         "shape. Works without weights, too: then the "
                                         "numbers are those that config.json describes.");
  add_model_option(*command, options->model);
  add_json_option(*command, options->json);
  command->footer("Example:\n  transkimmer inspect --model my-model");
  command->callback([options] { run_inspect(*options); });
}

}  // namespace transkimmer
