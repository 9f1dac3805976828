#include "training/objectives/masked_evaluation.h"

#include <chrono>

#include "metrics/scores.h"
#include "training/objectives/batching.h"
#include "training/skimming/masked_compute.h"

namespace transkimmer {
namespace {

/// Class index or score per row.
Tensor answers(const ModelConfig& config, const Tensor& logits) {
  const Tensor wide = logits.to(torch::kFloat32);
  const Tensor values = config.head == HeadKind::regression ? wide.squeeze(-1) : at::argmax(wide, -1);
  return values.to(torch::kFloat64).to(torch::kCPU).contiguous();
}

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
  std::vector<double> outputs(dataset.size());
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
    const Tensor values = answers(config, output.head.logits);
    for (std::size_t i = 0; i < members.size(); ++i) outputs[members[i]] = values.data_ptr<double>()[i];
  }
  report.scores = compute_scores(metrics, outputs, dataset.labels);
  report.chief = score_name(metrics.front());
  report.loss = loss / static_cast<double>(dataset.size());
  report.set_kept(kept, static_cast<double>(dataset.ids.size()));
  report.compute_share = compute.share();
  report.examples = dataset.size();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
