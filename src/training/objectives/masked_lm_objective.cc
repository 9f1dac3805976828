#include "training/objectives/masked_lm_objective.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/random.h"
#include "base/strings/numbers.h"
#include "training/network/losses.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What is drawn for one purpose is told apart from what is drawn for another by one of these.
enum Purpose : std::uint64_t { held_out_choice = 1, document_order, block_order, masking, evaluation };

std::vector<std::uint32_t> choose_documents(const TokenFile& file, double fraction, bool held_out) {
  if (!(fraction >= 0 && fraction < 1)) throw UsageError("--held-out-fraction must be from 0 to below 1");
  if (file.documents() > UINT32_MAX)
    throw UsageError(file.path().string() + ": more than 2^32 - 1 documents");
  std::vector<std::uint32_t> documents;
  for (std::uint64_t i = 0; i < file.documents(); ++i) {
    if (is_held_out(i, fraction) == held_out) documents.push_back(static_cast<std::uint32_t>(i));
  }
  return documents;
}

std::uint64_t stream_size(const TokenFile& file, const std::vector<std::uint32_t>& documents) {
  std::uint64_t size = 0;
  for (const std::uint32_t document : documents) size += file.length(document) + 1;
  return size;
}

}  // namespace

bool is_held_out(std::uint64_t document, double fraction) {
  return unit_interval(mix_seeds(Purpose::held_out_choice, document)) < fraction;
}

MaskedLmObjective::MaskedLmObjective(const MaskedLmData& data, ModelConfig config,
                                     const TrainingOptions& options)
    : data_(data),
      config_(std::move(config)),
      compute_(options.compute),
      seed_(options.seed),
      masker_(*data.tokenizer, data.masking),
      special_(data.tokenizer->special_tokens()),
      training_documents_(choose_documents(*data.file, data.held_out_fraction, false)),
      plan_(stream_size(*data.file, training_documents_), data.blocks, options.train_batch_size) {
  held_out_.emplace(*data.file, choose_documents(*data.file, data.held_out_fraction, true),
                    special_.separator);
  // Perplexity is that of the usual length alone, so that it does not change with the share of long ones.
  BlockShape shape = data.blocks;
  shape.long_fraction = 0;
  if (held_out_->size() >= shape.max_length)
    held_out_plan_.emplace(held_out_->size(), shape, options.eval_batch_size);
}

std::int64_t MaskedLmObjective::micro_batches_per_epoch() const {
  return static_cast<std::int64_t>(plan_.batches());
}

MaskedLmObjective::Epoch MaskedLmObjective::make_epoch(std::int64_t number) const {
  const std::uint64_t seed = mix_seeds(seed_, static_cast<std::uint64_t>(number));
  std::vector<std::uint32_t> documents = training_documents_;
  std::mt19937_64 random(mix_seeds(seed, Purpose::document_order));
  shuffle(documents, random);
  return {.number = number,
          .stream = DocumentStream(*data_.file, std::move(documents), special_.separator),
          .order = plan_.shuffled(mix_seeds(seed, Purpose::block_order))};
}

LabelledBatch MaskedLmObjective::micro_batch(std::int64_t epoch, std::int64_t index) {
  if (!epoch_ || epoch_->number != epoch) epoch_.emplace(make_epoch(epoch));
  const std::uint64_t seed = mix_seeds(seed_, static_cast<std::uint64_t>(epoch));
  return make_batch(epoch_->stream, epoch_->order.batch(static_cast<std::size_t>(index)),
                    mix_seeds(seed, Purpose::masking));
}

LabelledBatch MaskedLmObjective::make_batch(const DocumentStream& stream, const BlockBatch& blocks,
                                            std::uint64_t seed) const {
  const auto rows = static_cast<std::int64_t>(blocks.begins.size());
  const auto columns = static_cast<std::int64_t>(blocks.length);
  std::vector<std::int32_t> ids(blocks.begins.size() * blocks.length);
  std::vector<std::int64_t> positions, targets;
  std::vector<MaskedToken> masked;
  for (std::size_t row = 0; row < blocks.begins.size(); ++row) {
    const std::span sequence = std::span(ids).subspan(row * blocks.length, blocks.length);
    sequence.front() = special_.begin;
    sequence.back() = special_.separator;
    stream.copy(blocks.begins[row], sequence.subspan(1, blocks.length - 2));
    masked.clear();
    masker_.mask(sequence, mix_seeds(seed, blocks.begins[row]), masked);
    for (const MaskedToken& token : masked) {
      positions.push_back(static_cast<std::int64_t>(row * blocks.length + token.position));
      targets.push_back(token.id);
    }
  }
  LabelledBatch batch;
  batch.sequences = blocks.begins.size();
  batch.tokens = ids.size();
  batch.predictions = targets.size();
  const torch::Device device = compute_.device;
  batch.inputs = {.ids = torch::tensor(ids, torch::kInt64).view({rows, columns}).to(device),
                  .type_ids = at::zeros({rows, columns}, torch::kInt64).to(device),
                  .real = at::ones({rows, columns}, torch::kFloat32).to(device),
                  .predicted = torch::tensor(positions, torch::kInt64).to(device)};
  batch.targets.tokens = torch::tensor(targets, torch::kInt64).to(device);
  return batch;
}

std::map<std::string, std::string> MaskedLmObjective::fingerprint() const {
  return {{"training documents", std::to_string(training_documents_.size())},
          {"training tokens", std::to_string(plan_.tokens())},
          {"training text", fmt::format("{:016x}", data_.file->fingerprint())},
          {"tokenizer", std::to_string(data_.file->origin().tokenizer)},
          {"max-length", std::to_string(data_.blocks.max_length)},
          {"long-max-length", std::to_string(data_.blocks.long_length)},
          {"long-block-fraction", exact_text(data_.blocks.long_fraction)},
          {"held-out-fraction", exact_text(data_.held_out_fraction)},
          {"mask-probability", exact_text(data_.masking.probability)}};
}

EvaluationReport MaskedLmObjective::evaluate(const TrainingModel& model) const {
  torch::NoGradGuard no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const BlockPlan::Order order = held_out_plan_->in_order();
  const bool skimming = config_.skim.enabled;
  double loss = 0, right = 0, predictions = 0;
  Tensor kept = at::zeros({skimming ? config_.num_hidden_layers : 0}, torch::kFloat64);
  for (std::size_t i = 0; i < held_out_plan_->batches(); ++i) {
    const LabelledBatch batch = make_batch(*held_out_, order.batch(i), Purpose::evaluation);
    const AutocastScope autocast(compute_);
    const ModelOutput output = model.forward(batch.inputs, {});
    const auto count = static_cast<double>(batch.predictions);
    loss += task_loss(config_, output.head.logits, batch.targets, batch.inputs.real).item<double>() * count;
    right += at::sum(at::argmax(output.head.logits, -1).eq(batch.targets.tokens)).item<double>();
    predictions += count;
    kept += kept_tokens(output.encoder.skim_masks, batch.inputs.real).to(torch::kCPU).to(torch::kFloat64);
  }
  EvaluationReport report;
  const double counted = std::max(predictions, 1.0);  // none: text that leaves nothing to hide
  report.loss = loss / counted;
  report.scores = {{"perplexity", std::exp(*report.loss)}, {"accuracy", right / counted}};
  report.chief = chief_metric();
  report.set_kept(kept, static_cast<double>(held_out_plan_->tokens()));
  report.examples = held_out_plan_->sequences();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace transkimmer
