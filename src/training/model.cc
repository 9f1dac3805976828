#include "training/model.h"

#include <span>
#include <vector>

#include "model_files/model_directory.h"
#include "model_files/model_weights.h"
#include "model_files/weight_files.h"
#include "training/initialization.h"
#include "training/pytorch_checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void copy_weight(const TensorView& source, const Tensor& target) {
  torch::NoGradGuard no_gradients;
  const Tensor values = at::empty(target.sizes(), torch::kFloat32);
  copy_floats(source, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  target.copy_(values);
}

/// What the stored model is, as far as it decides which of its weights can be taken over.
ModelConfig stored_config(const std::filesystem::path& directory) {
  return ModelConfig::load(directory);
}

/// From safetensors files or, where there is none, from PyTorch's own format.
ModelWeights stored_weights(const std::filesystem::path& directory, ModelConfig& stored) {
  constexpr WeightRequirements required = {.predictors = false, .head = false};
  return find_weight_files(directory) == WeightFiles::pytorch
             ? ModelWeights::match(load_pytorch_checkpoint(directory / "pytorch_model.bin"), stored, required)
             : ModelWeights::load(directory, stored, required);
}

/// Whether the stored head answers the same question. Models that never named their classes (LABEL_0, ...)
/// are taken at the number of them.
bool same_head(const ModelConfig& stored, const ModelConfig& wanted) {
  const bool unnamed = std::ranges::all_of(
      stored.labels, [](const std::string& label) { return label.starts_with("LABEL_"); });
  return stored.head == wanted.head && stored.num_labels() == wanted.num_labels() &&
         (unnamed || stored.labels == wanted.labels);
}

}  // namespace

TrainingModel::TrainingModel(const ModelConfig& config, Parameters parameters)
    : config_(config),
      parameters_(std::move(parameters)),
      encoder_(config_, parameters_),
      head_(config_, parameters_) {}

TrainingModel TrainingModel::from_scratch(const ModelConfig& config, const NewWeights& options) {
  Parameters parameters = Parameters::allocate(config, options.device);
  for (const auto& entry : parameters.entries())
    initialize_weight(entry, config, options.initialization, options.seed);
  return TrainingModel(config, std::move(parameters));
}

TrainingModel TrainingModel::load(const std::filesystem::path& directory, const ModelConfig& config,
                                  const NewWeights& options, const NoticeHandler& notices) {
  ModelConfig stored = stored_config(directory);
  const ModelWeights weights = stored_weights(directory, stored);
  const bool take_predictors = config.skim.enabled && weights.has_predictors() &&
                               stored.skim.predictor_size == config.skim.predictor_size;
  const bool take_head = weights.has_head() && same_head(stored, config);
  Parameters parameters = Parameters::allocate(config, options.device);
  for (const auto& entry : parameters.entries()) {
    const WeightGroup group = entry.spec.group;
    // The pooler is pretrained with the encoder: it is kept although the classifier on it is new.
    const bool wanted = group == WeightGroup::predictor ? take_predictors
                        : group == WeightGroup::head    ? take_head
                                                        : weights.contains(entry.spec.name);
    if (wanted) {
      copy_weight(weights.at(entry.spec.name), entry.value);
    } else {
      initialize_weight(entry, config, options.initialization, options.seed);
    }
  }
  if (config.skim.enabled && !take_predictors) {
    notify(notices, directory.string() + ": skim predictors start from fresh weights");
  }
  if (!take_head) notify(notices, directory.string() + ": the task head starts from fresh weights");
  return TrainingModel(config, std::move(parameters));
}

ModelOutput TrainingModel::forward(const PaddedBatch& batch, const ForwardOptions& options,
                                   EncoderTrace* trace) const {
  EncoderOutput encoder = encoder_.forward(batch, options, trace);
  // The head's dropout draws from a stream of its own, apart from the encoder's.
  RandomStreams random(mix_seeds(options.seed, 1));
  HeadOutput head =
      head_.forward(encoder.hidden, batch.predicted, {.active = options.training, .random = &random});
  return {std::move(encoder), std::move(head)};
}

void TrainingModel::save(const std::filesystem::path& directory) const {
  std::vector<Tensor> values;
  std::vector<NamedTensor> tensors;
  for (const auto& entry : parameters_.entries()) {
    values.push_back(entry.value.detach().to(torch::kCPU).contiguous());
    const auto count = static_cast<std::size_t>(values.back().numel());
    tensors.push_back({entry.spec.name, entry.spec.shape, {values.back().data_ptr<float>(), count}});
  }
  save_model_weights(directory, config_, tensors);
}

void TrainingModel::restore(const std::filesystem::path& directory) {
  ModelConfig stored = stored_config(directory);
  const ModelWeights weights = ModelWeights::load(directory, stored, {});
  for (const auto& entry : parameters_.entries()) copy_weight(weights.at(entry.spec.name), entry.value);
}

}  // namespace transkimmer
