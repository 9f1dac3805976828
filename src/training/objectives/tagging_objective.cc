#include "training/objectives/tagging_objective.h"

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "features/batches.h"
#include "features/tagged_features.h"
#include "training/objectives/threshold_calibration.h"
#include "training/skimming/masked_compute.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void check_data(const TaggingData& data) {
  if (data.train == nullptr || data.train->size() == 0) throw UsageError("the training set is empty");
  if (data.dev != nullptr && data.dev->size() == 0) throw UsageError("the validation set is empty");
}

std::vector<std::string> score_names(const TaggingData& data) {
  return data.dev == nullptr ? std::vector<std::string>()
                             : std::vector<std::string>{"f1", "precision", "recall", "accuracy"};
}

/// The classes of one batch's tokens, [sequence][tokens], put where their sequences are.
void scatter(const Tensor& logits, const Batch& members, const EncodedDataset& tokens,
             std::vector<std::vector<std::int32_t>>& out) {
  const Tensor rows = logits.to(torch::kFloat32).to(torch::kCPU).contiguous();
  const auto classes = static_cast<std::size_t>(rows.size(2));
  const std::int64_t stride = rows.size(1) * rows.size(2);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const float* const row = rows.data_ptr<float>() + static_cast<std::int64_t>(i) * stride;
    out[members[i]] = best_classes(std::span(row, tokens.length(members[i]) * classes), classes);
  }
}

}  // namespace

TaggingObjective::TaggingObjective(const TaggingData& data, ModelConfig config,
                                   const TrainingOptions& options)
    : data_((check_data(data), data)),
      config_(std::move(config)),
      evaluation_{.compute = options.compute, .batch_size = options.eval_batch_size},
      batches_(sequence_lengths(*data_.train),
               {.batch_size = options.train_batch_size, .seed = options.seed}),
      chief_(chief_of(score_names(data_), options.metric_for_best_model)) {}

LabelledBatch TaggingObjective::micro_batch(std::int64_t epoch, std::int64_t index) {
  return make_batch(*data_.train, batches_.at(epoch, index), config_, evaluation_.compute.device);
}

std::map<std::string, std::string> TaggingObjective::fingerprint() const {
  return {{"training sentences", std::to_string(data_.train->size())},
          {"training tokens", std::to_string(data_.train->ids.size())},
          {"training data", data_.train->fingerprint()},
          {"validation data", data_.dev == nullptr ? "none" : data_.dev->fingerprint()}};
}

void TaggingObjective::keep_budget(TrainingModel& model, double share) const {
  calibrate_threshold(model, data_.held_back != nullptr ? *data_.held_back : *data_.train, share,
                      evaluation_);
}

EvaluationReport TaggingObjective::evaluate(const TrainingModel& model) const {
  torch::NoGradGuard no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const EncodedDataset& dev = *data_.dev;
  const ModelConfig& config = model.config();
  std::vector<std::vector<std::int32_t>> predicted(dev.size());
  ComputeTally compute;
  double loss = 0, labelled = 0;
  Tensor kept = at::zeros({config.skim.enabled ? config.num_hidden_layers : 0}, torch::kFloat64);
  for (const Batch& members :
       length_sorted_batches(sequence_lengths(dev), {.max_sequences = evaluation_.batch_size})) {
    const LabelledBatch batch = make_batch(dev, members, config, evaluation_.compute.device);
    const AutocastScope autocast(evaluation_.compute);
    const ModelOutput output = model.forward(batch.inputs, {});
    const auto weight = static_cast<double>(batch.predictions);
    loss += task_loss(config, output.head.logits, batch.targets, batch.inputs.real).item<double>() * weight;
    labelled += weight;
    kept += kept_tokens(output.encoder.skim_masks, batch.inputs.real).to(torch::kCPU).to(torch::kFloat64);
    compute.add(model.spec(), output.encoder.skim_masks, batch.inputs.real);
    scatter(output.head.logits, members, dev, predicted);
  }
  EvaluationReport report;
  report.scores = score_tags(dev, predicted, config.labels).named();
  report.chief = chief_;
  if (labelled > 0) report.loss = loss / labelled;
  report.set_kept(kept, static_cast<double>(dev.ids.size()));
  report.compute_share = compute.share();
  report.examples = dev.size();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
