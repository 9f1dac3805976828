#include "training/objectives/distillation.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "training/kernels/matrix_product.h"
#include "training/network/pooling.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// One GiB: the states of 700,000 examples of 384.
constexpr std::size_t kMostRememberedFloats = std::size_t{1} << 28;

/// Of distributions over the last dimension; mean over the others.
Tensor softened_divergence(const Tensor& student, const Tensor& teacher, double temperature) {
  const Tensor learnt = at::log_softmax(student / temperature, -1);
  const Tensor taught = at::log_softmax(teacher / temperature, -1);
  const double rows = static_cast<double>(learnt.numel() / learnt.size(-1));
  return at::sum(at::exp(taught) * (taught - learnt)) * (temperature * temperature / rows);
}

/// [B, S, size] -> [tokens, size], those that are no padding.
Tensor of_tokens(const Tensor& values, const Tensor& real) {
  return at::index_select(values.flatten(0, 1), 0, at::nonzero(real.flatten()).view({-1}));
}

/// Of labels that each hold or not; mean over all.
Tensor binary_divergence(const Tensor& student, const Tensor& teacher, double temperature) {
  const Tensor taught = teacher / temperature, sureness = at::sigmoid(taught);
  const Tensor least = at::binary_cross_entropy_with_logits(taught, sureness);
  return (at::binary_cross_entropy_with_logits(student / temperature, sureness) - least) *
         (temperature * temperature);
}

/// [B, S, 2] -> [B, 2, S], where padding is no candidate.
Tensor over_tokens(const Tensor& logits, const Tensor& real) {
  return logits.masked_fill(real.eq(0).unsqueeze(-1), -1e9).transpose(1, 2);
}

// On the scale of other tasks' losses, beside which the price of what is kept was chosen: vectors that differ
// by a tenth of their length cost 0.1.
constexpr double kVectorScale = 20.0;

/// How far vectors [B, D] are from the teacher's: in angle, and in the similarities of a batch's texts among
/// themselves, which are what embeddings are compared by.
Tensor embedding_distance(const Tensor& student, const Tensor& teacher) {
  const Tensor learnt = of_length_1(student), taught = of_length_1(teacher);
  const Tensor angles = 1 - at::sum(learnt * taught, -1).mean();
  const Tensor similarities = at::mse_loss(at::matmul(learnt, learnt.t()), at::matmul(taught, taught.t()));
  return kVectorScale * (angles + similarities);
}

Tensor answer_distance(const ModelConfig& config, const Tensor& student, const Tensor& teacher,
                       const Tensor& real, double temperature) {
  const HeadTraits& head = traits_of(config.head);
  if (head.output == Output::vector) return embedding_distance(student, teacher);
  if (head.output == Output::spans)
    return softened_divergence(over_tokens(student, real), over_tokens(teacher, real), temperature);
  if (head.output == Output::tags)
    return softened_divergence(of_tokens(student, real), of_tokens(teacher, real), temperature);
  if (head.yes_or_no) return binary_divergence(student, teacher, temperature);
  if (head.labels == LabelKind::number) return at::mse_loss(student, teacher);
  return softened_divergence(student, teacher, temperature);
}

/// Of the states that are to be alike: those of first tokens, or of every token where each has an answer.
Tensor state_distance(const ModelConfig& config, const Tensor& student, const Tensor& teacher,
                      const Tensor& real) {
  if (traits_of(config.head).output == Output::tags)
    return at::mse_loss(of_tokens(student, real), of_tokens(teacher, real));
  return at::mse_loss(student.select(1, 0), teacher.select(1, 0));
}

void require(bool same, const std::filesystem::path& directory, const std::string& what) {
  if (!same) throw UsageError(fmt::format("--teacher: {}: {}", directory.string(), what));
}

}  // namespace

Teacher Teacher::load(const std::filesystem::path& directory, const ModelConfig& student,
                      torch::Device device) {
  ModelConfig config = ModelConfig::load(directory);
  require(
      config.head == student.head, directory,
      fmt::format("has head {}, expected {}, the student's", name_of(config.head), name_of(student.head)));
  require(config.labels.size() == student.labels.size(), directory,
          fmt::format("tells {} labels apart, expected {}", config.labels.size(), student.labels.size()));
  require(config.vocab_size == student.vocab_size, directory,
          fmt::format("has a vocabulary of {}, expected the student's, of {}", config.vocab_size,
                      student.vocab_size));
  require(config.max_tokens() >= student.max_tokens(), directory,
          fmt::format("reads {} tokens, expected the student's {} or more", config.max_tokens(),
                      student.max_tokens()));
  config.skim.enabled = false;
  config.labels = student.labels;
  return Teacher(
      std::make_unique<const TrainingModel>(TrainingModel::load(directory, config, {.device = device}, {})));
}

ModelOutput Teacher::answer(const PaddedBatch& batch) const {
  torch::NoGradGuard no_gradients;
  return model_->forward(batch, {.first_token_only = true});
}

bool Teacher::remembers(const Batch& examples) const {
  return !examples.empty() && std::ranges::all_of(examples, [&](std::uint32_t i) {
    return i < first_states_.size() && !first_states_[i].empty();
  });
}

void Teacher::remember(const Batch& examples, const Tensor& states) {
  const Tensor rows = states.to(torch::kFloat32).contiguous();
  const std::int64_t size = rows.size(1);
  for (std::size_t row = 0; row < examples.size(); ++row) {
    if (remembered_floats_ + static_cast<std::size_t>(size) > kMostRememberedFloats) return;
    if (examples[row] >= first_states_.size()) first_states_.resize(examples[row] + std::size_t{1});
    std::vector<float>& state = first_states_[examples[row]];
    if (!state.empty()) continue;
    const float* const values = rows.data_ptr<float>() + static_cast<std::int64_t>(row) * size;
    state.assign(values, values + size);
    remembered_floats_ += state.size();
  }
}

ModelOutput Teacher::answer(const LabelledBatch& batch) {
  const bool may_remember =
      model_->spec().reads_first_token() && batch.inputs.ids.is_cpu() && has_independent_rows();
  if (!may_remember || !remembers(batch.examples)) {
    ModelOutput output = answer(batch.inputs);
    if (may_remember) remember(batch.examples, output.encoder.hidden.select(1, 0));
    return output;
  }
  torch::NoGradGuard no_gradients;
  const auto rows = static_cast<std::int64_t>(batch.examples.size()), size = model_->config().hidden_size;
  Tensor states = at::empty({rows, 1, size}, torch::kFloat32);
  for (std::int64_t row = 0; row < rows; ++row)
    std::ranges::copy(first_states_[batch.examples[static_cast<std::size_t>(row)]],
                      states.data_ptr<float>() + row * size);
  HeadOutput answered = model_->head(states);
  return {.encoder = {.hidden = std::move(states), .skim_masks = {}}, .head = std::move(answered)};
}

std::string Teacher::fingerprint() const {
  Fnv1a hash;
  for (const auto& entry : model_->parameters().entries()) {
    const Tensor values = entry.value.detach().to(torch::kCPU).contiguous();
    hash.add(std::span<const float>(values.data_ptr<float>(), static_cast<std::size_t>(values.numel())));
  }
  return fmt::format("{:016x}", hash.value());
}

Tensor distillation_loss(const ModelConfig& config, const ModelOutput& student, const ModelOutput& teacher,
                         const Tensor& real, const DistillationOptions& options) {
  const Tensor learnt = student.head.logits.to(torch::kFloat32),
               taught = teacher.head.logits.to(torch::kFloat32);
  Tensor loss = answer_distance(config, learnt, taught, real, options.temperature);
  // A pooled vector is already made of all states.
  const bool comparable = student.encoder.hidden.size(-1) == teacher.encoder.hidden.size(-1) &&
                          config.spec().head.reads != Reads::pooled;
  if (options.state_weight > 0 && comparable)
    loss = loss + options.state_weight *
                      state_distance(config, student.encoder.hidden, teacher.encoder.hidden, real);
  return loss;
}

}  // namespace transkimmer
