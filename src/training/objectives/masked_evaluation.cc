#include "training/objectives/masked_evaluation.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "metrics/label_set_scores.h"
#include "metrics/ranking_scores.h"
#include "metrics/scores.h"
#include "training/objectives/batching.h"
#include "training/skimming/masked_compute.h"

namespace transkimmer {
namespace {

/// What the model says of a data set, gathered batch by batch.
class Answers {
 public:
  Answers(const ModelConfig& config, std::size_t examples)
      : labels_(static_cast<std::size_t>(config.num_labels())),
        sets_(config.head == HeadKind::multi_label),
        logits_(examples * labels_) {}

  void add(const Batch& members, const Tensor& logits) {
    const Tensor rows = logits.to(torch::kFloat32).to(torch::kCPU).contiguous();
    for (std::size_t i = 0; i < members.size(); ++i)
      std::copy_n(rows.data_ptr<float>() + i * labels_, labels_, logits_.begin() + members[i] * labels_);
  }

  std::map<std::string, double> scores(const EncodedDataset& dataset, std::span<const Metric> metrics) const {
    if (sets_) return label_set_scores(metrics, {logits_, dataset.marks, labels_});
    const std::vector<double> values = outputs();
    if (dataset.queries.empty()) return compute_scores(metrics, values, dataset.labels);
    return ranking_scores(metrics, {values, dataset.labels, dataset.queries});
  }

 private:
  /// Class index or score of each example.
  std::vector<double> outputs() const {
    if (labels_ == 1) return {logits_.begin(), logits_.end()};
    std::vector<double> values;
    for (auto row = logits_.begin(); row != logits_.end(); row += static_cast<std::ptrdiff_t>(labels_))
      values.push_back(
          static_cast<double>(std::max_element(row, row + static_cast<std::ptrdiff_t>(labels_)) - row));
    return values;
  }

  std::size_t labels_;
  bool sets_;
  std::vector<float> logits_;
};

}  // namespace

void EvaluationReport::set_kept(const Tensor& kept, double tokens) {
  kept_fraction_per_layer.clear();
  for (std::int64_t i = 0; i < kept.numel(); ++i)
    kept_fraction_per_layer.push_back(kept[i].item<double>() / tokens);
  kept_fraction = kept.numel() > 0 ? at::mean(kept).item<double>() / tokens : 1.0;
}

EvaluationReport evaluate_masked(const TrainingModel& model, const EncodedDataset& dataset,
                                 std::span<const Metric> metrics, const EvaluationSettings& settings) {
  torch::NoGradGuard no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const ModelConfig& config = model.config();
  const auto lengths = sequence_lengths(dataset);
  Answers answers(config, dataset.size());
  EvaluationReport report;
  ComputeTally compute;
  double loss = 0;
  Tensor kept = at::zeros({config.skim.enabled ? config.num_hidden_layers : 0}, torch::kFloat64);
  for (const Batch& members : length_sorted_batches(lengths, {.max_sequences = settings.batch_size})) {
    const LabelledBatch batch = make_batch(dataset, members, config, settings.compute.device);
    const AutocastScope autocast(settings.compute);
    const ModelOutput output = model.forward(batch.inputs, {.first_token_only = true});
    const Tensor batch_loss = task_loss(config, output.head.logits, batch.targets, batch.inputs.real);
    loss += batch_loss.item<double>() * static_cast<double>(batch.sequences);
    kept += kept_tokens(output.encoder.skim_masks, batch.inputs.real).to(torch::kCPU).to(torch::kFloat64);
    compute.add(model.spec(), output.encoder.skim_masks, batch.inputs.real);
    answers.add(members, output.head.logits);
  }
  report.scores = answers.scores(dataset, metrics);
  report.chief = score_name(metrics.front());
  report.loss = loss / static_cast<double>(dataset.size());
  report.set_kept(kept, static_cast<double>(dataset.ids.size()));
  report.compute_share = compute.share();
  report.examples = dataset.size();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
