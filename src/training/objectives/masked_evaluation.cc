#include "training/objectives/masked_evaluation.h"

#include <algorithm>
#include <chrono>

#include "metrics/scores.h"
#include "metrics/text_scores.h"
#include "training/objectives/batching.h"
#include "training/skimming/masked_compute.h"

namespace transkimmer {
void EvaluationReport::set_kept(const Tensor& kept, double tokens) {
  kept_fraction_per_layer.clear();
  for (std::int64_t i = 0; i < kept.numel(); ++i)
    kept_fraction_per_layer.push_back(kept[i].item<double>() / tokens);
  kept_fraction = kept.numel() > 0 ? at::mean(kept).item<double>() / tokens : 1.0;
}

namespace {

/// What a data set's sequences were answered with.
class AnsweredSequences {
 public:
  AnsweredSequences(const TrainingModel& model, const EncodedDataset& dataset)
      : config_(model.config()),
        dataset_(dataset),
        embeds_(traits_of(config_.head).output == Output::vector),
        columns_(model.spec().head.out(config_.hidden_size)),
        logits_(dataset.size() * static_cast<std::size_t>(columns_)) {}

  void add(const LabelledBatch& batch, const Tensor& logits) {
    if (!embeds_)
      loss_ += task_loss(config_, logits, batch.targets, batch.inputs.real).item<double>() *
               static_cast<double>(batch.sequences);
    const Tensor values = logits.to(torch::kFloat32).to(torch::kCPU).contiguous();
    for (std::size_t i = 0; i < batch.examples.size(); ++i)
      std::copy_n(values.data_ptr<float>() + static_cast<std::int64_t>(i) * columns_, columns_,
                  logits_.begin() + static_cast<std::int64_t>(batch.examples[i]) * columns_);
  }

  void report(std::span<const Metric> metrics, EvaluationReport& report) const {
    const auto columns = static_cast<std::size_t>(columns_);
    report.scores = text_scores(config_.head, metrics,
                                {.logits = logits_,
                                 .columns = columns,
                                 .labels = dataset_.labels,
                                 .marks = dataset_.marks,
                                 .queries = dataset_.queries});
    report.chief = score_name(metrics.front());
    if (!embeds_) report.loss = loss_ / static_cast<double>(dataset_.size());
    report.examples = dataset_.labels.size();
  }

 private:
  const ModelConfig& config_;
  const EncodedDataset& dataset_;
  bool embeds_;
  std::int64_t columns_;
  std::vector<float> logits_;  ///< [sequences, columns]: of labels, or a vector
  double loss_ = 0;
};

}  // namespace

EvaluationReport evaluate_masked(const TrainingModel& model, const EncodedDataset& dataset,
                                 std::span<const Metric> metrics, const EvaluationSettings& settings) {
  torch::NoGradGuard no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const ModelConfig& config = model.config();
  const auto lengths = sequence_lengths(dataset);
  AnsweredSequences answered(model, dataset);
  EvaluationReport report;
  ComputeTally compute;
  Tensor kept = at::zeros({config.skim.enabled ? config.num_hidden_layers : 0}, torch::kFloat64);
  for (const Batch& members : length_sorted_batches(lengths, {.max_sequences = settings.batch_size})) {
    const LabelledBatch batch = make_batch(dataset, members, config, settings.compute.device);
    const AutocastScope autocast(settings.compute);
    const ModelOutput output = model.forward(batch.inputs, {.first_token_only = true});
    answered.add(batch, output.head.logits);
    kept += kept_tokens(output.encoder.skim_masks, batch.inputs.real).to(torch::kCPU).to(torch::kFloat64);
    compute.add(model.spec(), output.encoder.skim_masks, batch.inputs.real);
  }
  answered.report(metrics, report);
  report.set_kept(kept, static_cast<double>(dataset.ids.size()));
  report.compute_share = compute.share();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
