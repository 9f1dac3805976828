#include "training/run_setup.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/hardware.h"
#include "training/checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double published_coefficient = 0.5;

bool has_weights(const std::filesystem::path& directory) {
  constexpr std::array names = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"};
  return std::ranges::any_of(names,
                             [&](const char* name) { return std::filesystem::exists(directory / name); });
}

}  // namespace

void check_directories(const RunOptions& options) {
  const auto& output = options.training.output_dir;
  const bool resuming = !options.resume_from.empty();
  if (output.empty()) throw UsageError("--output-dir is needed");
  if (std::filesystem::exists(output) && !std::filesystem::is_directory(output)) {
    throw UsageError("--output-dir: " + output.string() + " is not a directory");
  }
  if (!resuming && !options.overwrite_output_dir && std::filesystem::exists(output) &&
      !std::filesystem::is_empty(output)) {
    throw UsageError("--output-dir: " + output.string() +
                     " is not empty; say --overwrite-output-dir or --resume-from-checkpoint");
  }
  if (!std::filesystem::is_directory(options.model)) {
    throw IoError(options.model.string() + ": no such model directory");
  }
  if (!resuming && !options.from_scratch && !has_weights(options.model)) {
    throw UsageError("--model: " + options.model.string() +
                     " holds no weights (model.safetensors or pytorch_model.bin); say --from-scratch to "
                     "start from random ones");
  }
}

int start_threads(int threads) {
  const int count = threads > 0 ? threads : available_processors();
  torch::set_num_threads(count);
  return count;
}

void configure_skimming(const SkimmingOptions& options, ModelConfig& config) {
  SkimConfig& skim = config.skim;
  if (!options.enabled) {
    skim.enabled = false;  // a predictor size of 0 would not be a valid setting in config.json
    return;
  }
  const std::int64_t stored_size = skim.predictor_size > 0 ? skim.predictor_size : config.hidden_size;
  skim.enabled = true;
  skim.predictor_size = options.predictor_size.value_or(stored_size);
  skim.coefficient = options.coefficient.value_or(published_coefficient);
  skim.threshold = options.threshold.value_or(skim.threshold);
  skim.temperature = options.temperature.value_or(skim.temperature);
  skim.semantics = options.semantics.value_or(skim.semantics);
}

TrainingModel initial_model(const RunOptions& options, const ModelConfig& config,
                            const NoticeHandler& notices) {
  const NewWeights fresh{.device = options.training.compute.device, .seed = options.training.seed};
  if (options.from_scratch || !options.resume_from.empty()) return TrainingModel::from_scratch(config, fresh);
  return TrainingModel::load(options.model, config, fresh, notices);
}

void make_output_dir(const RunOptions& options) {
  const auto& output = options.training.output_dir;
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (error) throw IoError(output.string() + ": cannot create the directory: " + error.message());
}

void prepare_output(const RunOptions& options) {
  make_output_dir(options);
  if (options.resume_from.empty()) remove_checkpoints(options.training.output_dir);
}

}  // namespace transkimmer
