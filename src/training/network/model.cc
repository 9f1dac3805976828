#include "training/network/model.h"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"
#include "model_files/weights/weight_files.h"
#include "training/network/initialization.h"
#include "training/pytorch_files/pytorch_checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void copy_weight(const TensorView& source, const Tensor& target) {
  torch::NoGradGuard no_gradients;
  const Tensor values = at::empty(target.sizes(), torch::kFloat32);
  copy_floats(source, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  target.copy_(values);
}

/// The stored model with the head that is to be trained: which weights can be taken over, the files say, and
/// not what the model was last saved for.
ModelConfig with_head_of(const ModelConfig& wanted, ModelConfig stored) {
  stored.head = wanted.head;
  stored.labels = wanted.labels;
  return stored;
}

/// From safetensors files or, where there is none, from PyTorch's own format.
ModelWeights stored_weights(const std::filesystem::path& directory, ModelConfig& config) {
  constexpr WeightRequirements kRequired = {.predictors = false, .head = false};
  return find_weight_files(directory) == WeightFiles::pytorch
             ? ModelWeights::match(load_whole_or_shards(directory, kPytorchWeights, add_pytorch_checkpoint),
                                   config, kRequired)
             : ModelWeights::load(directory, config, kRequired);
}

/// Whether a head that fits by names and shapes answers the same question. Models that never named their
/// classes (LABEL_0, ...) are taken at the number of them.
bool same_question(const ModelConfig& stored, const ModelConfig& wanted) {
  const auto is_of_tokens = [](const ModelConfig& config) {
    return traits_of(config.head).output == Output::tags;
  };
  if (traits_of(wanted.head).output != Output::labels && !is_of_tokens(wanted)) return true;
  // Of texts and of tokens: the names and shapes of both may be the same.
  if (stored.other_head || (stored.head != HeadKind::none && is_of_tokens(stored) != is_of_tokens(wanted)))
    return false;
  if (traits_of(wanted.head).labels == LabelKind::number) return true;
  const bool unnamed = std::ranges::all_of(
      stored.labels, [](const std::string& label) { return label.starts_with("LABEL_"); });
  return unnamed || stored.labels == wanted.labels;
}

/// Of a stored pooler that cannot be taken.
void tell_about_pooler(const std::filesystem::path& directory, const ModelConfig& config,
                       const ModelWeights& weights, const NoticeHandler& notices) {
  if (!weights.left_pooler()) return;
  const bool has_pooler = std::ranges::any_of(config.spec().head.steps, &HeadStep::pooler);
  notify(notices, fmt::format("{}: its pooler is left out: {}", directory.string(),
                              has_pooler ? "its shape is another, or a part is missing"
                                         : fmt::format("heads for {} have none in {} models",
                                                       name_of(config.head), config.model_type)));
}

}  // namespace

bool has_trained_head(const std::filesystem::path& directory, const ModelConfig& wanted) {
  const ModelConfig stored = ModelConfig::load(directory);
  ModelConfig config = with_head_of(wanted, stored);
  const ModelWeights weights = stored_weights(directory, config);
  const bool has_head = weights.has_head() || wanted.spec().head.steps.empty();
  return stored.head == wanted.head && has_head && same_question(stored, wanted) && !weights.has_predictors();
}

TrainingModel::TrainingModel(const ModelConfig& config, Parameters parameters)
    : config_(config),
      spec_(config.spec()),
      parameters_(std::move(parameters)),
      encoder_(spec_, parameters_),
      head_(spec_, parameters_) {}

TrainingModel TrainingModel::from_scratch(const ModelConfig& config, const NewWeights& options) {
  const ModelSpec spec = config.spec();
  Parameters parameters = Parameters::allocate(spec, options.device);
  for (const auto& entry : parameters.entries())
    initialize_weight(entry, spec, options.initialization, options.seed);
  return TrainingModel(config, std::move(parameters));
}

TrainingModel TrainingModel::load(const std::filesystem::path& directory, const ModelConfig& config,
                                  const NewWeights& options, const NoticeHandler& notices) {
  const ModelConfig stored = ModelConfig::load(directory);
  ModelConfig expected = with_head_of(config, stored);
  const ModelWeights weights = stored_weights(directory, expected);
  const bool take_predictors = config.skim.enabled && weights.has_predictors() &&
                               expected.skim.predictor_size == config.skim.predictor_size;
  const ModelSpec spec = config.spec();
  const bool take_head = spec.head.steps.empty() || (weights.has_head() && same_question(stored, config));
  Parameters parameters = Parameters::allocate(spec, options.device);
  for (const auto& entry : parameters.entries()) {
    const WeightGroup group = entry.spec.group;
    // The pooler is pretrained with the encoder: it is kept although the classifier on it is new.
    const bool wanted = group == WeightGroup::predictor ? take_predictors
                        : group == WeightGroup::head    ? take_head
                                                        : weights.contains(entry.spec.name);
    if (wanted) {
      copy_weight(weights.at(entry.spec.name), entry.value);
    } else {
      initialize_weight(entry, spec, options.initialization, options.seed);
    }
  }
  if (config.skim.enabled && !take_predictors) {
    notify(notices, directory.string() + ": skim predictors start from fresh weights");
  }
  if (!take_head) notify(notices, directory.string() + ": the task head starts from fresh weights");
  tell_about_pooler(directory, config, weights, notices);
  return TrainingModel(config, std::move(parameters));
}

ModelOutput TrainingModel::forward(const PaddedBatch& batch, const ForwardOptions& options,
                                   EncoderTrace* trace) const {
  ForwardOptions wanted = options;
  wanted.first_token_only = (options.training || options.first_token_only) && spec_.reads_first_token();
  EncoderOutput encoder = encoder_.forward(batch, wanted, trace);
  // The head's dropout draws from a stream of its own, apart from the encoder's.
  RandomStreams random(mix_seeds(options.seed, 1));
  HeadOutput head =
      head_.forward({.hidden = encoder.hidden, .predicted = batch.predicted, .real = batch.real},
                    {.active = options.training, .random = &random});
  return {std::move(encoder), std::move(head)};
}

void TrainingModel::set_skim_threshold(double threshold) {
  config_.skim.threshold = spec_.skim.threshold = encoder_.skim_threshold = threshold;
}

void TrainingModel::save(const std::filesystem::path& directory) const {
  parameters_.prepare_all();
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
  parameters_.prepare_all();
  ModelConfig stored = ModelConfig::load(directory);
  const ModelWeights weights = ModelWeights::load(directory, stored, {});
  for (const auto& entry : parameters_.entries()) copy_weight(weights.at(entry.spec.name), entry.value);
}

}  // namespace transkimmer
