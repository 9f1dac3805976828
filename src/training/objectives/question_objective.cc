#include "training/objectives/question_objective.h"

#include <array>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "features/batches.h"
#include "metrics/squad_scores.h"
#include "training/network/losses.h"
#include "training/objectives/threshold_calibration.h"
#include "training/skimming/masked_compute.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void check_data(const QuestionData& data) {
  if (data.train == nullptr || data.train->windows.empty())
    throw UsageError("there are no questions to learn from");
  if (data.dev != nullptr && data.dev->examples.empty())
    throw UsageError("there are no questions to evaluate on");
}

/// What the head says about the tokens of each window, [windows][tokens, 2], and what it cost.
struct WindowOutputs {
  std::vector<std::vector<float>> logits;
  Tensor kept;  ///< [L] f64
  ComputeTally compute = {};
  double loss = 0;
};

/// Puts the rows of one batch, padding left out, where their windows are.
void scatter(const Tensor& logits, const Batch& members, const EncodedDataset& tokens,
             std::vector<std::vector<float>>& out) {
  const Tensor rows = logits.to(torch::kFloat32).to(torch::kCPU).contiguous();
  const std::int64_t stride = rows.size(1) * 2;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const float* const row = rows.data_ptr<float>() + static_cast<std::int64_t>(i) * stride;
    out[members[i]].assign(row, row + 2 * tokens.length(members[i]));
  }
}

WindowOutputs run_windows(const TrainingModel& model, const QaFeatures& features,
                          const EvaluationSettings& settings) {
  const ModelConfig& config = model.config();
  WindowOutputs outputs{
      .logits = std::vector<std::vector<float>>(features.windows.size()),
      .kept = at::zeros({config.skim.enabled ? config.num_hidden_layers : 0}, torch::kFloat64)};
  const auto lengths = sequence_lengths(features.tokens);
  for (const Batch& members : length_sorted_batches(lengths, {.max_sequences = settings.batch_size})) {
    const LabelledBatch batch = make_batch(features, members, config, settings.compute.device);
    const AutocastScope autocast(settings.compute);
    const ModelOutput output = model.forward(batch.inputs, {});
    const Tensor loss = task_loss(config, output.head.logits, batch.targets, batch.inputs.real);
    outputs.loss += loss.item<double>() * static_cast<double>(batch.sequences);
    outputs.kept +=
        kept_tokens(output.encoder.skim_masks, batch.inputs.real).to(torch::kCPU).to(torch::kFloat64);
    outputs.compute.add(model.spec(), output.encoder.skim_masks, batch.inputs.real);
    scatter(output.head.logits, members, features.tokens, outputs.logits);
  }
  return outputs;
}

/// Those of the official scores that tell a reader how training goes; evaluate has them all.
std::map<std::string, double> shown_scores(const std::map<std::string, double>& all) {
  std::map<std::string, double> shown;
  for (const char* name : {"f1", "exact", "HasAns_f1", "NoAns_f1", "best_f1"}) {
    if (const auto found = all.find(name); found != all.end()) shown.insert(*found);
  }
  return shown;
}

/// Those of them that can choose the weights, whatever questions there are; none without a dev set.
std::vector<std::string> choosing_scores(const QuestionData& data) {
  return data.dev == nullptr ? std::vector<std::string>()
                             : std::vector<std::string>{"f1", "exact", "best_f1"};
}

/// Of the windows and of the answers in them.
std::string data_fingerprint(const QaFeatures* features) {
  if (features == nullptr) return "none";
  Fnv1a hash;
  hash.add(features->tokens.fingerprint());
  for (const QaWindow& window : features->windows)
    hash.add(std::span<const std::uint32_t>(std::array{window.start, window.end}));
  return fmt::format("{:016x}", hash.value());
}

}  // namespace

QuestionObjective::QuestionObjective(const QuestionData& data, ModelConfig config,
                                     const TrainingOptions& options)
    : data_((check_data(data), data)),
      config_(std::move(config)),
      evaluation_{.compute = options.compute, .batch_size = options.eval_batch_size},
      batches_(sequence_lengths(data_.train->tokens),
               {.batch_size = options.train_batch_size, .seed = options.seed}),
      chief_(chief_of(choosing_scores(data_), options.metric_for_best_model)) {}

LabelledBatch QuestionObjective::micro_batch(std::int64_t epoch, std::int64_t index) {
  return make_batch(*data_.train, batches_.at(epoch, index), config_, evaluation_.compute.device);
}

std::map<std::string, std::string> QuestionObjective::fingerprint() const {
  return {{"training questions", std::to_string(data_.train->questions())},
          {"training windows", std::to_string(data_.train->windows.size())},
          {"training tokens", std::to_string(data_.train->tokens.ids.size())},
          {"training data", data_fingerprint(data_.train)},
          {"validation data", data_fingerprint(data_.dev_windows)}};
}

void QuestionObjective::keep_budget(TrainingModel& model, double share) const {
  const QaFeatures& texts = data_.held_back != nullptr ? *data_.held_back : *data_.train;
  calibrate_threshold(model, texts.tokens, share, evaluation_);
}

EvaluationReport QuestionObjective::evaluate(const TrainingModel& model) const {
  torch::NoGradGuard no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const QaFeatures& features = *data_.dev_windows;
  const WindowOutputs outputs = run_windows(model, features, evaluation_);
  const auto decisions = decode_answers(features, outputs.logits, data_.decoding);
  EvaluationReport report;
  report.scores = shown_scores(squad_scores(answered_questions(*data_.dev, decisions)));
  report.chief = chief_;
  report.perfect = 100;
  report.loss = outputs.loss / static_cast<double>(features.windows.size());
  report.set_kept(outputs.kept, static_cast<double>(features.tokens.ids.size()));
  report.compute_share = outputs.compute.share();
  report.examples = features.questions();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
