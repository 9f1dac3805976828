#include "training/loop/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "training/loop/run_fingerprint.h"
#include "training/tensors/random_streams.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// Far beyond any use, and far from what an integer cannot hold.
constexpr std::size_t kMostAccumulated = std::size_t{1} << 20;
constexpr double kMostEpochs = 1e6;

// As published; but few examples make few steps, and predictors need some hundred to learn what to spare.
// 20 bounds the passes over a few hundred examples.
constexpr double kUsualEpochs = 3;
constexpr double kMostUsualEpochs = 20;
constexpr double kFewestUsualSteps = 600;

double epochs_of(const TrainingOptions& options, double steps_per_epoch) {
  if (options.num_train_epochs || options.max_steps > 0)
    return options.num_train_epochs.value_or(kUsualEpochs);
  return std::clamp(std::ceil(kFewestUsualSteps / steps_per_epoch), kUsualEpochs, kMostUsualEpochs);
}

AdamWOptions adamw_options(const TrainingOptions& options) {
  return {.form = options.optim,
          .learning_rate = options.learning_rate,
          .predictor_learning_rate = options.predictor_learning_rate.value_or(options.learning_rate),
          .weight_decay = options.weight_decay,
          .beta1 = options.adam_beta1,
          .beta2 = options.adam_beta2,
          .epsilon = options.adam_epsilon};
}

std::int64_t ceiling_of_ratio(std::int64_t a, std::int64_t b) {
  return (a - 1) / b + 1;
}

std::optional<ComputePrice> price_of(const SkimConfig& skim, const TrainingOptions& options) {
  if (!skim.enabled || !skim.target_compute) return std::nullopt;
  return ComputePrice({.share = *skim.target_compute, .ramp = skim_warmup_ratio(options, skim)});
}

StepLossOptions step_loss_options(const TrainingOptions& options) {
  ClassLossOptions classes{.label_smoothing = options.label_smoothing};
  if (!options.class_weights.empty()) classes.weights = at::tensor(options.class_weights).to(torch::kFloat32);
  return {.compute = options.compute, .distillation = options.distillation, .classes = std::move(classes)};
}

void require_classes(const TrainingOptions& options, const ModelConfig& config) {
  if (options.label_smoothing > 0 && traits_of(config.head).labels != LabelKind::one)
    throw UsageError(
        fmt::format("--label-smoothing is for models that choose one of several labels, not for {}",
                    name_of(config.head)));
}

TrainingOptions checked(const TrainingOptions& options) {
  check_training_options(options);
  return options;
}

Error not_finite(const std::string& what, std::int64_t step) {
  return Error(what + " is no longer a finite number at step " + std::to_string(step + 1) +
               "; a lower --learning-rate may help");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void check_training_options(const TrainingOptions& options) {
  if (options.train_batch_size == 0) throw UsageError("--per-device-train-batch-size must be at least 1");
  if (options.eval_batch_size == 0) throw UsageError("--per-device-eval-batch-size must be at least 1");
  if (options.gradient_accumulation_steps == 0)
    throw UsageError("--gradient-accumulation-steps must be at least 1");
  if (options.gradient_accumulation_steps > kMostAccumulated)
    throw UsageError(fmt::format("--gradient-accumulation-steps must be at most {}", kMostAccumulated));
  const double epochs = options.num_train_epochs.value_or(kUsualEpochs);
  if (options.max_steps <= 0 && !(epochs > 0 && epochs <= kMostEpochs))
    throw UsageError(fmt::format("--num-train-epochs must be above 0 and at most {}", kMostEpochs));
  for (const double beta : {options.adam_beta1, options.adam_beta2}) {
    if (!(beta >= 0 && beta < 1)) throw UsageError("--adam-beta1 and --adam-beta2 must be from 0 to below 1");
  }
}

Trainer::Trainer(TrainingModel& model, TrainingData data, TrainingOptions options, TrainingEvents events,
                 std::optional<Teacher> teacher)
    : Trainer(model, std::make_unique<FinetuningObjective>(std::move(data), model.config(), checked(options)),
              options, std::move(events), std::move(teacher)) {}

Trainer::Trainer(TrainingModel& model, std::unique_ptr<TrainingObjective> objective, TrainingOptions options,
                 TrainingEvents events, std::optional<Teacher> teacher)
    : model_(model),
      options_(checked(options)),
      objective_(std::move(objective)),
      events_(std::move(events)),
      loss_(model, step_loss_options(options_), std::move(teacher)),
      price_(price_of(model.config().skim, options_)),
      optimizer_(model.parameters(), adamw_options(options_)) {
  require_classes(options_, model.config());
  if (!options_.tokenizer_source.empty()) tokenizer_ = TokenizerFiles::read(options_.tokenizer_source);
  state_.steps_per_epoch = ceiling_of_ratio(objective_->micro_batches_per_epoch(),
                                            static_cast<std::int64_t>(options_.gradient_accumulation_steps));
  const auto per_epoch = static_cast<double>(state_.steps_per_epoch);
  const double epochs = epochs_of(options_, per_epoch);
  state_.max_steps =
      options_.max_steps > 0 ? options_.max_steps : static_cast<std::int64_t>(std::ceil(epochs * per_epoch));
  state_.num_train_epochs =
      options_.max_steps > 0 ? std::ceil(static_cast<double>(options_.max_steps) / per_epoch) : epochs;
  state_.fingerprint = run_fingerprint(options_, model.config(), loss_.teacher());
  state_.fingerprint.merge(objective_->fingerprint());
  state_.fingerprint.emplace("metric-for-best-model", objective_->chief_metric());
  state_.fingerprint.emplace("num-train-epochs", exact_text(epochs));
  state_.chief_metric = objective_->chief_metric();
  warmup_steps_ =
      static_cast<std::int64_t>(std::ceil(options_.warmup_ratio * static_cast<double>(state_.max_steps)));
}

void Trainer::resume(const std::filesystem::path& checkpoint) {
  TrainerState stored = load_trainer_state(checkpoint);
  stored.fingerprint.emplace("metric-for-best-model", stored.chief_metric);
  // What it did not store is not known to differ, but the model is there to be asked.
  stored.fingerprint["model"] = architecture_text(ModelConfig::load(checkpoint));
  if (const auto text = state_.fingerprint.find("training text"); text != state_.fingerprint.end())
    stored.fingerprint.insert(*text);
  require_same_run(state_.fingerprint, stored.fingerprint, checkpoint);
  state_ = load_checkpoint(checkpoint, {model_, optimizer_});
  if (price_) price_->set_linear(state_.compute_price);
  saved_at_ = state_.global_step;
  checkpoint_ = checkpoint;
}

std::vector<LabelledBatch> Trainer::micro_batches(std::int64_t step) {
  const std::int64_t epoch = step / state_.steps_per_epoch;
  const auto group = static_cast<std::int64_t>(options_.gradient_accumulation_steps);
  const std::int64_t begin = step % state_.steps_per_epoch * group;
  const std::int64_t end = std::min(begin + group, objective_->micro_batches_per_epoch());
  std::vector<LabelledBatch> batches;
  for (std::int64_t i = begin; i < end; ++i) batches.push_back(objective_->micro_batch(epoch, i));
  return batches;
}

LossWeights Trainer::loss_weights(std::int64_t step) const {
  if (price_) {
    return {.price = &*price_,
            .compute_goal = price_->goal(step, state_.max_steps),
            .gate_noise = gate_noise(options_, model_.config().skim),
            .removal_delay = removal_delay(options_, model_.config().skim)};
  }
  const double full = model_.config().skim.enabled ? model_.config().skim.coefficient : 0.0;
  const double ramp =
      skim_warmup_ratio(options_, model_.config().skim) * static_cast<double>(state_.max_steps);
  return {.skim_coefficient = ramp > 0 ? full * std::min(1.0, static_cast<double>(step + 1) / ramp) : full,
          .gate_noise = gate_noise(options_, model_.config().skim)};
}

double Trainer::clip() const {
  const auto norm = [&](ClippedTogether which) {
    return clip_gradients(model_.parameters(), options_.max_grad_norm, which);
  };
  return price_ ? std::hypot(norm(ClippedTogether::predictors), norm(ClippedTogether::others))
                : norm(ClippedTogether::all);
}

StepOutcome Trainer::train_step(std::int64_t step) {
  const std::vector<LabelledBatch> group = micro_batches(step);
  GroupSize size;
  for (const LabelledBatch& batch : group) size.add(batch, model_.spec());
  const std::uint64_t step_seed = mix_seeds(options_.seed, static_cast<std::uint64_t>(step));
  const LossWeights weights = loss_weights(step);
  model_.parameters().zero_gradients();
  StepOutcome sum;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::uint64_t seed = mix_seeds(step_seed, i);
    torch::manual_seed(seed);
    sum += loss_.run(group[i], size, weights, seed);
  }
  if (!std::isfinite(sum.loss)) throw not_finite("the loss", step);
  sum.gradient_norm = clip();
  if (!std::isfinite(sum.gradient_norm)) throw not_finite("the gradient", step);
  optimizer_.step(linear_schedule(step, warmup_steps_, state_.max_steps));
  if (price_) price_->observe(sum.compute_share, weights.compute_goal);
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
          .distillation_loss = mean.distillation_loss,
          .kept_fraction = mean.kept_fraction,
          .compute_share = mean.compute_share,
          .learning_rate = options_.learning_rate * factor,
          .gradient_norm = mean.gradient_norm,
          .examples_per_second = static_cast<double>(examples_) / speed_seconds,
          .tokens_seen = state_.tokens_seen,
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
                         .distillation_loss = sums.distillation_loss / count,
                         .kept_fraction = sums.kept_fraction / count,
                         .compute_share = sums.compute_share / count,
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
    if (price_) entry.emplace_back("compute_share", report.compute_share);
    if (price_) entry.emplace_back("compute_price", price_->linear());
  }
  entry.emplace_back("step", static_cast<double>(report.step));
  state_.log_history.push_back(std::move(entry));
  if (events_.on_log) events_.on_log(report);
}

bool Trainer::choose(const EvaluationReport& report) {
  perfect_score_ = report.perfect;
  const double score = report.chief_score();
  if (price_) {  // all evaluations keep the budget
    if (state_.chosen && score <= state_.chosen->score) return false;
    state_.best_score = score;
    state_.chosen = {state_.global_step, score, report.kept_fraction, report.compute_share};
    return true;
  }
  const double best = std::max(score, state_.best_score.value_or(score));
  const double tolerance = model_.config().skim.enabled ? options_.best_tolerance * report.perfect : 0.0;
  state_.best_score = best;
  const auto& chosen = state_.chosen;
  const bool good_enough = score >= best - tolerance;
  const bool better = !chosen || (good_enough && chosen->score < best - tolerance) ||
                      (good_enough && report.kept_fraction < chosen->kept_fraction) ||
                      (score > chosen->score && report.kept_fraction <= chosen->kept_fraction);
  if (better) state_.chosen = {state_.global_step, score, report.kept_fraction, report.compute_share};
  return better;
}

void Trainer::within_budget(const std::function<void()>& work) {
  if (!price_) return work();
  const double learnt_at = model_.config().skim.threshold;
  objective_->keep_budget(model_, price_->target().share);
  work();
  model_.set_skim_threshold(learnt_at);
}

void Trainer::evaluate() {
  within_budget([this] { evaluate_at_threshold(); });
}

void Trainer::evaluate_at_threshold() {
  const EvaluationReport report = objective_->evaluate(model_);
  LogEntry entry = {{"epoch", state_.epoch()}};
  if (report.loss) entry.emplace_back("eval_loss", *report.loss);
  for (const auto& [name, value] : report.scores) entry.emplace_back("eval_" + name, value);
  if (model_.config().skim.enabled) {
    entry.emplace_back("eval_kept_fraction", report.kept_fraction);
    entry.emplace_back("eval_compute_share", report.compute_share);
  }
  if (price_) entry.emplace_back("eval_skim_threshold", model_.config().skim.threshold);
  entry.emplace_back("num_input_tokens_seen", static_cast<double>(state_.tokens_seen));
  entry.emplace_back("step", static_cast<double>(state_.global_step));
  state_.log_history.push_back(std::move(entry));
  const bool best = objective_->keeps_best() && choose(report);
  state_.evaluations_since_best = best ? 0 : state_.evaluations_since_best + 1;
  // Before the weights, of which it says that their run is not finished.
  if (best && keeps_checkpoints()) save_trainer_state(state_, options_.output_dir);
  if (best) save_model();
  state_.evaluation_pending = false;
  if (saved_at_ == state_.global_step) save_state();
  if (events_.on_evaluation) events_.on_evaluation(progress({}), report, best);
}

/// Of the newest checkpoint, and a copy beside the model.
void Trainer::save_state() {
  save_trainer_state(state_, checkpoint_);
  save_trainer_state(state_, options_.output_dir);
}

void Trainer::save_model() {
  if (options_.output_dir.empty()) return;
  model_.save(options_.output_dir);
  if (tokenizer_) tokenizer_->write(options_.output_dir);
}

void Trainer::write_checkpoint() {
  if (!keeps_checkpoints()) return;
  if (saved_at_ == state_.global_step) return;
  checkpoint_ = save_checkpoint({model_, optimizer_}, state_,
                                {.output_dir = options_.output_dir,
                                 .tokenizer = tokenizer_ ? &*tokenizer_ : nullptr,
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
  sums.distillation_loss += outcome.distillation_loss;
  sums.compute_share += outcome.compute_share;
  sums.kept_fraction += outcome.kept_fraction;
  sums.gradient_norm += outcome.gradient_norm;
  ++sums.steps;
  ++steps_run_;
  examples_ += outcome.examples;
  tokens_ += outcome.tokens;
  state_.tokens_seen += static_cast<std::int64_t>(outcome.tokens);
  if (events_.on_step) events_.on_step(progress(outcome));
  const std::int64_t step = state_.global_step;
  const bool last = step == state_.max_steps;
  const auto due = [&](std::int64_t interval) {
    return step % (interval > 0 ? interval : state_.steps_per_epoch) == 0;
  };
  if (last || due(std::max<std::int64_t>(1, options_.logging_steps))) log_means();
  const bool evaluating = last || due(options_.eval_steps);
  state_.evaluation_pending = evaluating && !state_.chief_metric.empty();
  // Before the evaluation, which takes its time and memory: whatever happens in it, the steps are kept.
  if (last || (options_.save_steps > 0 ? due(options_.save_steps) : evaluating)) write_checkpoint();
  if (state_.evaluation_pending) evaluate();
  stop_if_out_of_patience();
}

void Trainer::stop_if_out_of_patience() {
  if (options_.early_stopping_patience == 0 || state_.global_step == state_.max_steps ||
      state_.evaluations_since_best < options_.early_stopping_patience)
    return;
  state_.stopped_early = true;
  if (!keeps_checkpoints()) return;
  if (saved_at_ == state_.global_step) return save_state();
  write_checkpoint();
}

TrainingResult Trainer::run() {
  started_ = std::chrono::steady_clock::now();
  TrainingResult result;
  // Fresh predictors keep every token: what the model scores before it skims.
  if (price_ && state_.global_step == 0 && !state_.chief_metric.empty())
    state_.start_score = objective_->evaluate(model_).chief_score();
  if (state_.evaluation_pending) evaluate();  // a resumed run's, which was cut in it
  while (!state_.over()) {
    const auto step_start = std::chrono::steady_clock::now();
    const StepOutcome outcome = train_step(state_.global_step);
    training_seconds_ += seconds_since(step_start);
    ++state_.global_step;
    if (price_) state_.compute_price = price_->linear();
    after_step(outcome);
    if (!state_.over() && events_.should_stop && events_.should_stop()) {
      write_checkpoint();
      break;
    }
  }
  result.stopped_early = state_.stopped_early;
  result.finished = state_.over();
  if (result.finished && !objective_->keeps_best()) within_budget([this] { save_model(); });
  result.steps = state_.global_step;
  result.checkpoint = checkpoint_;
  result.chosen = state_.chosen;
  result.start_score = state_.start_score;
  result.perfect_score = perfect_score_;
  result.log_history = state_.log_history;
  result.seconds = seconds_since(started_);
  return result;
}

}  // namespace transkimmer
