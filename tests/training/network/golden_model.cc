#include "training/network/golden_model.h"

#include <vector>

#include <gtest/gtest.h>

namespace transkimmer::test {
namespace {

Tensor to_tensor(const TensorView& view) {
  const torch::IntArrayRef shape(view.shape);
  if (view.dtype == DType::i64) {
    const std::vector<std::int64_t> values = to_integers(view);
    return torch::tensor(values, torch::kInt64).view(shape);
  }
  const std::vector<float> values = to_floats(view);
  return torch::tensor(values, torch::kFloat32).view(shape);
}

}  // namespace

GoldenTensors::GoldenTensors(const std::string& name) : file_(open_golden(name)) {}

Tensor GoldenTensors::at(const std::string& name) const {
  return to_tensor(file_.at(name));
}

double GoldenTensors::value(const std::string& name) const {
  return at(name).item<double>();
}

TrainingModel golden_model(const GoldenModelOptions& options) {
  const auto path = golden_path(options.architecture + "." + options.task + ".config.json");
  ModelConfig config = ModelConfig::parse(read_file(path), path.string());
  config.skim = {.enabled = true,
                 .predictor_size = config.hidden_size,
                 .threshold = 0.0,
                 .coefficient = 0.5,
                 .temperature = 1.0,
                 .semantics = options.semantics};
  if (options.regression) {
    config.head = HeadKind::regression;
    config.labels = {"LABEL_0"};
  }
  TrainingModel model = TrainingModel::from_scratch(config, {});
  const GoldenTensors weights(options.architecture + ".weights");
  torch::NoGradGuard no_gradients;
  for (const auto& entry : model.parameters().entries()) {
    const Tensor stored = weights.at(file_name_of(entry.spec, config));
    entry.value.copy_(options.regression && stored.size(0) == 3 ? stored.slice(0, 0, 1) : stored);
  }
  return model;
}

PaddedBatch golden_batch(const std::string& architecture) {
  const GoldenTensors inputs(architecture + ".inputs");
  const Tensor ids = inputs.at("input_ids");
  return {.ids = ids,
          .type_ids = inputs.contains("token_type_ids") ? inputs.at("token_type_ids") : at::zeros_like(ids),
          .real = inputs.at("attention_mask").to(torch::kFloat32)};
}

double distance(const Tensor& actual, const Tensor& expected) {
  EXPECT_EQ(actual.sizes(), expected.sizes());
  return at::max(at::abs(actual.detach().to(torch::kFloat32) - expected)).item<double>();
}

}  // namespace transkimmer::test
