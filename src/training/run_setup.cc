#include "training/run_setup.h"

#include "base/file.h"
#include "base/hardware.h"
#include "model_files/weight_files.h"
#include "training/checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double published_coefficient = 0.5;

}  // namespace

void check_directories(const RunOptions& options) {
  const auto& output = options.training.output_dir;
  const bool resuming = !options.resume_from.empty();
  if (output.empty()) throw UsageError("--output-dir is needed");
  if (path_exists(output) && !directory_exists(output)) {
    throw UsageError("--output-dir: " + output.string() + " is not a directory");
  }
  if (!resuming && !options.overwrite_output_dir && !is_empty_directory(output)) {
    throw UsageError("--output-dir: " + output.string() +
                     " is not empty; say --overwrite-output-dir or --resume-from-checkpoint");
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

void configure_skimming(const SkimmingOptions& options, ModelConfig& config) {
  SkimConfig& skim = config.skim;
  if (!options.enabled) {
    skim.enabled = false;  // the rest stays, for those who skim later
    return;
  }
  const std::int64_t stored_size = skim.predictor_size > 0 ? skim.predictor_size : config.hidden_size;
  skim.enabled = true;
  skim.predictor_size = options.predictor_size.value_or(stored_size);
  skim.coefficient = options.coefficient.value_or(published_coefficient);
  skim.threshold = options.threshold.value_or(skim.threshold);
  skim.temperature = options.temperature.value_or(skim.temperature);
  skim.semantics = options.semantics.value_or(skim.semantics);
  skim.protection = options.protection.value_or(skim.protection);
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
  if (resuming) trainer.resume(options.resume_from);
  make_directory(options.training.output_dir);
  if (!resuming) remove_checkpoints(options.training.output_dir);
  plan.first_step = trainer.step();
  plan.total_steps = trainer.total_steps();
  on_start();
  return trainer.run();
}

}  // namespace transkimmer
