#include "training/runs/run_setup.h"

#include <algorithm>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/machine/hardware.h"
#include "model_files/model_directory.h"
#include "model_files/weights/weight_files.h"
#include "training/loop/checkpoint.h"
#include "training/loop/trainer_state.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double kPublishedCoefficient = 0.5;
// A predictor as wide as the model, as published, costs 8.4 % of a layer's linear arithmetic for every token
// that enters.
constexpr std::int64_t kSmallPredictorSize = 64;

/// Whether `folder` is one of the checkpoints in `output`, however the two are spelled.
bool is_checkpoint_of(const std::filesystem::path& folder, const std::filesystem::path& output) {
  return std::ranges::any_of(checkpoints_in(output), [&](const std::filesystem::path& checkpoint) {
    std::error_code ignored;
    return std::filesystem::equivalent(checkpoint, folder, ignored);
  });
}

/// A checkpoint holds the weights of its step; those of the best evaluation before it lie beside it, and a
/// run that has no better one leaves them as they are.
void require_chosen_weights(const std::filesystem::path& checkpoint, const std::filesystem::path& output) {
  const auto chosen = load_trainer_state(checkpoint).chosen;
  if (!chosen) return;
  try {
    require_whole_model(output);
  } catch (const Error& error) {
    throw UsageError(fmt::format(
        "{}: the best weights of this run so far, those of step {}, are not beside it ({}); bring "
        "config.json, model.safetensors and the tokenizer files from the directory that the "
        "checkpoint comes from, or start anew",
        checkpoint.string(), chosen->step, error.what()));
  }
}

/// A model that was trained in an unusual way goes on that way: say so.
void tell_about_inherited(const SkimmingOptions& options, const SkimConfig& own,
                          const NoticeHandler& notices) {
  const SkimConfig usual;
  const auto tell = [&](bool asked, bool same, const std::string& name, const std::string& value) {
    if (options.enabled && !asked && !same)
      notify(notices, "--" + name + " is " + value + ", as in the model");
  };
  tell(options.threshold.has_value(), own.threshold == usual.threshold, "skim-threshold",
       fmt::format("{}", own.threshold));
  tell(options.temperature.has_value(), own.temperature == usual.temperature, "gumbel-temperature",
       fmt::format("{}", own.temperature));
  tell(options.semantics.has_value(), own.semantics == usual.semantics, "semantics",
       std::string(name_of(own.semantics)));
  tell(options.protection.has_value(), own.protection == usual.protection, "protect",
       std::string(name_of(own.protection)));
}

}  // namespace

void check_run_options(const RunOptions& options) {
  check_training_options(options.training);
  const auto& output = options.training.output_dir;
  const bool resuming = !options.resume_from.empty();
  if (output.empty()) throw UsageError("--output-dir is needed");
  if (path_exists(output) && !directory_exists(output)) {
    throw UsageError("--output-dir: " + output.string() + " is not a directory");
  }
  const bool usable = options.resume_if_possible ? is_left_by_a_run(output) : is_empty_directory(output);
  if (!resuming && options.resume_if_possible && !options.overwrite_output_dir && !usable) {
    throw UsageError(
        "--output-dir: " + output.string() +
        " holds a model, and no run to go on with; choose another, or say --overwrite-output-dir");
  }
  if (!resuming && !options.overwrite_output_dir && !usable) {
    throw UsageError("--output-dir: " + output.string() +
                     " is not empty; say --overwrite-output-dir or --resume-from-checkpoint");
  }
  if (resuming && directory_exists(options.resume_from) && !is_checkpoint_of(options.resume_from, output)) {
    throw UsageError("--resume-from-checkpoint: " + options.resume_from.string() +
                     " is not a checkpoint in --output-dir " + output.string() +
                     "; a run goes on where it was, beside the best weights that it has saved");
  }
  if (is_checkpoint_of(options.model, output)) {
    throw UsageError("--model: " + options.model.string() + " is a checkpoint in --output-dir " +
                     output.string() +
                     ", where the run removes it; choose another --output-dir, or another model");
  }
  if (!directory_exists(options.model)) {
    throw IoError(options.model.string() + ": no such model directory");
  }
  if (!resuming && !options.from_scratch && find_weight_files(options.model) == WeightFiles::none) {
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

void configure_skimming(const SkimmingOptions& options, ModelConfig& config, const NoticeHandler& notices) {
  tell_about_inherited(options, config.skim, notices);
  SkimConfig& skim = config.skim;
  if (!options.enabled) {
    skim.enabled = false;  // the rest stays, for those who skim later
    return;
  }
  const std::int64_t usual_size = options.target_compute ? kSmallPredictorSize : config.hidden_size;
  const std::int64_t stored_size = skim.predictor_size > 0 ? skim.predictor_size : usual_size;
  skim.enabled = true;
  skim.predictor_size = options.predictor_size.value_or(stored_size);
  skim.target_compute = options.target_compute;
  skim.coefficient = options.target_compute ? 0.0 : options.coefficient.value_or(kPublishedCoefficient);
  skim.threshold = options.threshold.value_or(skim.threshold);
  skim.temperature = options.temperature.value_or(skim.temperature);
  skim.semantics = options.semantics.value_or(skim.semantics);
  skim.protection = options.protection.value_or(skim.protection);
  if (skim.protection == SkimProtection::none && skim.semantics == SkimSemantics::original)
    throw UsageError(
        "--protect none goes with --semantics removal: under original, the first token is always kept");
}

ModelConfig kept_layers_config(const RunOptions& options) {
  ModelConfig config = ModelConfig::load(options.model);
  if (options.keep_layers == 0) return config;
  if (options.keep_layers > config.num_hidden_layers) {
    throw UsageError(fmt::format("--keep-layers is {}, but {} has {} layers", options.keep_layers,
                                 options.model.string(), config.num_hidden_layers));
  }
  config.num_hidden_layers = options.keep_layers;
  return config;
}

TrainingModel initial_model(const RunOptions& options, const ModelConfig& config,
                            const NoticeHandler& notices) {
  const NewWeights fresh{.device = options.training.compute.device,
                         .seed = options.training.seed,
                         .initialization = options.initialization};
  if (options.from_scratch || !options.resume_from.empty()) return TrainingModel::from_scratch(config, fresh);
  return TrainingModel::load(options.model, config, fresh, notices);
}

TrainingResult run_training(Trainer& trainer, const RunOptions& options, RunPlan& plan,
                            const std::function<void()>& on_start) {
  const bool resuming = !options.resume_from.empty();
  if (resuming) {
    trainer.resume(options.resume_from);
    require_chosen_weights(options.resume_from, options.training.output_dir);
  }
  make_directory(options.training.output_dir);
  if (!resuming) remove_checkpoints(options.training.output_dir);
  plan.first_step = trainer.step();
  plan.total_steps = trainer.total_steps();
  on_start();
  TrainingResult result = trainer.run();
  if (result.finished) require_whole_model(options.training.output_dir);
  return result;
}

}  // namespace transkimmer
