#include "training/trainer.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "metrics/scores.h"
#include "model_files/tokenizer_files.h"
#include "training/random_streams.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

AdamWOptions adamw_options(const TrainingOptions& options) {
  return {.learning_rate = options.learning_rate,
          .predictor_learning_rate = options.predictor_learning_rate.value_or(options.learning_rate),
          .weight_decay = options.weight_decay,
          .epsilon = options.adam_epsilon};
}

std::int64_t ceiling_of_ratio(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::string text_of(double value) {
  std::ostringstream text;
  text.precision(17);
  text << value;
  return text.str();
}

/// The options that determine the curve, by the names a user knows them by.
std::map<std::string, std::string> fingerprint_of(const TrainingOptions& options, const ModelConfig& config,
                                                  const TrainingData& data) {
  return {
      {"learning-rate", text_of(options.learning_rate)},
      {"predictor-learning-rate", text_of(options.predictor_learning_rate.value_or(options.learning_rate))},
      {"weight-decay", text_of(options.weight_decay)},
      {"adam-epsilon", text_of(options.adam_epsilon)},
      {"warmup-ratio", text_of(options.warmup_ratio)},
      {"max-grad-norm", text_of(options.max_grad_norm)},
      {"num-train-epochs", text_of(options.num_train_epochs)},
      {"max-steps", std::to_string(options.max_steps)},
      {"per-device-train-batch-size", std::to_string(options.train_batch_size)},
      {"gradient-accumulation-steps", std::to_string(options.gradient_accumulation_steps)},
      {"skim-warmup-ratio", text_of(options.skim_warmup_ratio)},
      {"seed", std::to_string(options.seed)},
      {"precision", options.compute.bf16 ? "bf16" : "f32"},
      {"skimming", config.skim.enabled ? "on" : "off"},
      {"skim-coefficient", text_of(config.skim.coefficient)},
      {"gumbel-temperature", text_of(config.skim.temperature)},
      {"skim-threshold", text_of(config.skim.threshold)},
      {"semantics", std::string(name_of(config.skim.semantics))},
      {"training examples", std::to_string(data.train->size())},
      {"training tokens", std::to_string(data.train->ids.size())}};
}

void check_options(const TrainingOptions& options, const TrainingData& data) {
  if (data.train == nullptr || data.train->size() == 0) throw UsageError("the training set is empty");
  if (data.dev != nullptr && data.dev->size() == 0) throw UsageError("the validation set is empty");
  if (data.dev != nullptr && data.metrics.empty()) throw UsageError("a validation set needs a metric");
  if (options.train_batch_size == 0) throw UsageError("--per-device-train-batch-size must be at least 1");
  if (options.eval_batch_size == 0) throw UsageError("--per-device-eval-batch-size must be at least 1");
  if (options.gradient_accumulation_steps == 0)
    throw UsageError("--gradient-accumulation-steps must be at least 1");
  if (options.max_steps <= 0 && !(options.num_train_epochs > 0))
    throw UsageError("--num-train-epochs must be positive");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(TrainingModel& model, TrainingData data, TrainingOptions options, TrainingEvents events)
    : model_(model),
      data_((check_options(options, data), std::move(data))),
      options_(std::move(options)),
      events_(std::move(events)),
      optimizer_(model.parameters(), adamw_options(options_)),
      lengths_(sequence_lengths(*data_.train)) {
  const auto examples = static_cast<std::int64_t>(data_.train->size());
  const std::int64_t batches =
      ceiling_of_ratio(examples, static_cast<std::int64_t>(options_.train_batch_size));
  state_.steps_per_epoch =
      ceiling_of_ratio(batches, static_cast<std::int64_t>(options_.gradient_accumulation_steps));
  const auto per_epoch = static_cast<double>(state_.steps_per_epoch);
  state_.max_steps = options_.max_steps > 0
                         ? options_.max_steps
                         : static_cast<std::int64_t>(std::ceil(options_.num_train_epochs * per_epoch));
  state_.num_train_epochs = options_.max_steps > 0
                                ? std::ceil(static_cast<double>(options_.max_steps) / per_epoch)
                                : options_.num_train_epochs;
  state_.fingerprint = fingerprint_of(options_, model.config(), data_);
  if (!data_.metrics.empty()) state_.chief_metric = score_name(data_.metrics.front());
  warmup_steps_ =
      static_cast<std::int64_t>(std::ceil(options_.warmup_ratio * static_cast<double>(state_.max_steps)));
}

void Trainer::resume(const std::filesystem::path& checkpoint) {
  TrainerState stored = load_trainer_state(checkpoint);
  for (const auto& [name, value] : state_.fingerprint) {
    const auto found = stored.fingerprint.find(name);
    const std::string before = found == stored.fingerprint.end() ? "unknown" : found->second;
    if (before != value) {
      throw UsageError(checkpoint.string() + ": this run had " + name + " " + before + ", not " + value +
                       "; a resumed run must go on with the same options");
    }
  }
  state_ = load_checkpoint(checkpoint, {model_, optimizer_});
  saved_at_ = state_.global_step;
  checkpoint_ = checkpoint;
}

std::vector<Batch> Trainer::epoch_batches(std::int64_t epoch) const {
  return shuffled_length_batches(lengths_, {.batch_size = options_.train_batch_size,
                                            .seed = options_.seed,
                                            .epoch = static_cast<std::uint64_t>(epoch)});
}

std::span<const Batch> Trainer::micro_batches(std::int64_t step) {
  const std::int64_t epoch = step / state_.steps_per_epoch;
  if (epoch != epoch_of_batches_) {
    epoch_batches_ = epoch_batches(epoch);
    epoch_of_batches_ = epoch;
  }
  const std::size_t group = options_.gradient_accumulation_steps;
  const std::size_t begin = static_cast<std::size_t>(step % state_.steps_per_epoch) * group;
  return std::span<const Batch>(epoch_batches_)
      .subspan(begin, std::min(group, epoch_batches_.size() - begin));
}

double Trainer::skim_coefficient(std::int64_t step) const {
  const double full = model_.config().skim.enabled ? model_.config().skim.coefficient : 0.0;
  const double ramp = options_.skim_warmup_ratio * static_cast<double>(state_.max_steps);
  return ramp > 0 ? full * std::min(1.0, static_cast<double>(step + 1) / ramp) : full;
}

Trainer::StepOutcome Trainer::train_micro_batch(const LabelledBatch& batch, const GroupSize& group,
                                                std::uint64_t seed) {
  const ModelConfig& config = model_.config();
  const SkimSemantics semantics = config.skim.semantics;
  // Shares of this micro-batch in the means of the whole group, so that accumulating equals one big batch.
  const double example_share = static_cast<double>(batch.sequences) / group.examples;
  const double token_share = static_cast<double>(batch.tokens) / group.tokens;
  const double skim_share = semantics == SkimSemantics::removal ? token_share : example_share;
  Tensor task, skim, kept;
  {
    const AutocastScope autocast(options_.compute);
    const ModelOutput output =
        model_.forward(batch.inputs, {.training = true, .skimming = true, .seed = seed, .skim_noise = {}});
    task = task_loss(config, output.head.logits, batch.targets, batch.inputs.real) * example_share;
    skim = skim_loss(output.encoder.skim_masks, batch.inputs.real, semantics) * skim_share;
    kept = kept_tokens(output.encoder.skim_masks, batch.inputs.real);
  }
  const double coefficient = skim_coefficient(state_.global_step);
  const Tensor loss = task + coefficient * skim;
  loss.backward();
  const double kept_mean =
      kept.numel() > 0 ? at::mean(kept).item<double>() : static_cast<double>(batch.tokens);
  return {.loss = loss.item<double>(),
          .task_loss = task.item<double>(),
          .skim_loss = skim.item<double>(),
          .kept_fraction = kept_mean / group.tokens,
          .gradient_norm = 0,
          .examples = batch.sequences,
          .tokens = batch.tokens};
}

Trainer::StepOutcome Trainer::train_step(std::int64_t step) {
  std::vector<LabelledBatch> group;
  GroupSize size;
  for (const Batch& members : micro_batches(step)) {
    group.push_back(make_batch(*data_.train, members, model_.config(), options_.compute.device));
    size.examples += static_cast<double>(group.back().sequences);
    size.tokens += static_cast<double>(group.back().tokens);
  }
  const std::uint64_t step_seed = mix_seeds(options_.seed, static_cast<std::uint64_t>(step));
  model_.parameters().zero_gradients();
  StepOutcome sum;
  sum.kept_fraction = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::uint64_t seed = mix_seeds(step_seed, i);
    torch::manual_seed(seed);
    const StepOutcome part = train_micro_batch(group[i], size, seed);
    sum.loss += part.loss;
    sum.task_loss += part.task_loss;
    sum.skim_loss += part.skim_loss;
    sum.kept_fraction += part.kept_fraction;
    sum.examples += part.examples;
    sum.tokens += part.tokens;
  }
  if (!std::isfinite(sum.loss)) {
    throw Error("the loss is no longer a finite number at step " + std::to_string(step + 1) +
                "; a lower --learning-rate may help");
  }
  sum.gradient_norm = clip_gradients(model_.parameters(), options_.max_grad_norm);
  optimizer_.step(linear_schedule(step, warmup_steps_, state_.max_steps));
  return sum;
}

ProgressReport Trainer::progress(const StepOutcome& mean) const {
  const double speed_seconds = std::max(training_seconds_, 1e-9);
  const double left = static_cast<double>(state_.max_steps - state_.global_step);
  const double factor = linear_schedule(state_.global_step - 1, warmup_steps_, state_.max_steps);
  return {.step = state_.global_step,
          .total_steps = state_.max_steps,
          .epoch = state_.epoch(),
          .loss = mean.loss,
          .task_loss = mean.task_loss,
          .skim_loss = mean.skim_loss,
          .kept_fraction = mean.kept_fraction,
          .learning_rate = options_.learning_rate * factor,
          .gradient_norm = mean.gradient_norm,
          .examples_per_second = static_cast<double>(examples_) / speed_seconds,
          .tokens_per_second = static_cast<double>(tokens_) / speed_seconds,
          .seconds_left = left * speed_seconds / static_cast<double>(std::max<std::int64_t>(1, steps_run_))};
}

void Trainer::log_means() {
  RunningSums& sums = state_.sums;
  if (sums.steps == 0) return;
  const auto count = static_cast<double>(sums.steps);
  const StepOutcome mean{.loss = sums.loss / count,
                         .task_loss = sums.task_loss / count,
                         .skim_loss = sums.skim_loss / count,
                         .kept_fraction = sums.kept_fraction / count,
                         .gradient_norm = sums.gradient_norm / count};
  sums = {};
  const ProgressReport report = progress(mean);
  LogEntry entry = {{"epoch", report.epoch},
                    {"grad_norm", report.gradient_norm},
                    {"learning_rate", report.learning_rate},
                    {"loss", report.loss},
                    {"task_loss", report.task_loss}};
  if (model_.config().skim.enabled) {
    entry.emplace_back("skim_loss", report.skim_loss);
    entry.emplace_back("kept_fraction", report.kept_fraction);
  }
  entry.emplace_back("step", static_cast<double>(report.step));
  state_.log_history.push_back(std::move(entry));
  if (events_.on_log) events_.on_log(report);
}

bool Trainer::choose(const EvaluationReport& report) {
  const double score = report.chief_score();
  const double best = std::max(score, state_.best_score.value_or(score));
  const double tolerance = model_.config().skim.enabled ? options_.best_tolerance : 0.0;
  state_.best_score = best;
  const auto& chosen = state_.chosen;
  const bool good_enough = score >= best - tolerance;
  const bool better = !chosen || (good_enough && chosen->score < best - tolerance) ||
                      (good_enough && report.kept_fraction < chosen->kept_fraction) ||
                      (score > chosen->score && report.kept_fraction <= chosen->kept_fraction);
  if (better) state_.chosen = {state_.global_step, score, report.kept_fraction};
  return better;
}

void Trainer::evaluate() {
  if (data_.dev == nullptr || evaluated_at_ == state_.global_step) return;
  evaluated_at_ = state_.global_step;
  const EvaluationReport report =
      evaluate_masked(model_, *data_.dev, data_.metrics,
                      {.compute = options_.compute, .batch_size = options_.eval_batch_size});
  LogEntry entry = {{"epoch", state_.epoch()}, {"eval_loss", report.loss}};
  for (const auto& [name, value] : report.scores) entry.emplace_back("eval_" + name, value);
  if (model_.config().skim.enabled) entry.emplace_back("eval_kept_fraction", report.kept_fraction);
  entry.emplace_back("step", static_cast<double>(state_.global_step));
  state_.log_history.push_back(std::move(entry));
  const bool best = choose(report);
  if (best) save_chosen();
  if (events_.on_evaluation) events_.on_evaluation(progress({}), report, best);
}

void Trainer::save_chosen() {
  if (options_.output_dir.empty()) return;
  model_.save(options_.output_dir);
  if (!options_.tokenizer_source.empty())
    copy_tokenizer_files(options_.tokenizer_source, options_.output_dir);
}

void Trainer::write_checkpoint() {
  if (options_.output_dir.empty() || saved_at_ == state_.global_step) return;
  checkpoint_ = save_checkpoint({model_, optimizer_}, state_,
                                {.output_dir = options_.output_dir,
                                 .tokenizer_source = options_.tokenizer_source,
                                 .keep = options_.save_total_limit});
  saved_at_ = state_.global_step;
  save_trainer_state(state_, options_.output_dir);
  if (events_.on_checkpoint) events_.on_checkpoint(checkpoint_);
}

void Trainer::after_step(const StepOutcome& outcome) {
  RunningSums& sums = state_.sums;
  sums.loss += outcome.loss;
  sums.task_loss += outcome.task_loss;
  sums.skim_loss += outcome.skim_loss;
  sums.kept_fraction += outcome.kept_fraction;
  sums.gradient_norm += outcome.gradient_norm;
  ++sums.steps;
  ++steps_run_;
  examples_ += outcome.examples;
  tokens_ += outcome.tokens;
  if (events_.on_step) events_.on_step(progress(outcome));
  const std::int64_t step = state_.global_step;
  const bool last = step == state_.max_steps;
  const auto due = [&](std::int64_t interval) {
    return step % (interval > 0 ? interval : state_.steps_per_epoch) == 0;
  };
  if (last || due(std::max<std::int64_t>(1, options_.logging_steps))) log_means();
  const bool evaluating = last || due(options_.eval_steps);
  if (evaluating) evaluate();
  if (last || (options_.save_steps > 0 ? due(options_.save_steps) : evaluating)) write_checkpoint();
}

TrainingResult Trainer::run() {
  started_ = std::chrono::steady_clock::now();
  TrainingResult result;
  while (state_.global_step < state_.max_steps) {
    const auto step_start = std::chrono::steady_clock::now();
    const StepOutcome outcome = train_step(state_.global_step);
    training_seconds_ += seconds_since(step_start);
    ++state_.global_step;
    after_step(outcome);
    if (state_.global_step < state_.max_steps && events_.should_stop && events_.should_stop()) {
      write_checkpoint();
      break;
    }
  }
  result.finished = state_.global_step == state_.max_steps;
  if (result.finished && data_.dev == nullptr) save_chosen();
  result.steps = state_.global_step;
  result.checkpoint = checkpoint_;
  result.chosen = state_.chosen;
  result.log_history = state_.log_history;
  result.seconds = seconds_since(started_);
  return result;
}

}  // namespace transkimmer
