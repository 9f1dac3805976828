#include "runtime/head.h"

#include <string>

#include "runtime/kernels.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

PackedLinear linear(const ModelWeights& weights, const std::string& name, std::size_t in, int panels,
                    MatrixKernelCache& kernels) {
  const std::vector<float> bias = weights.floats(name + ".bias");
  return PackedLinear({in, bias.size(), Activation::none}, weights.floats(name + ".weight"), bias, panels,
                      kernels);
}

}  // namespace

TaskHead TaskHead::pack(const ModelConfig& config, const ModelWeights& weights, int panels,
                        MatrixKernelCache& kernels) {
  const auto hidden = static_cast<std::size_t>(config.hidden_size);
  const auto load = [&](const std::string& name) { return linear(weights, name, hidden, panels, kernels); };
  switch (config.head) {
    case HeadKind::classification:
    case HeadKind::regression:
      if (config.architecture == Architecture::roberta)
        return {load("classifier.dense"), load("classifier.out_proj")};
      return {load("pooler.dense"), load("classifier")};
    case HeadKind::question_answering:
      return {std::nullopt, load("qa_outputs")};
    default:
      throw UsageError("this model has no task head to run (its config.json names \"" +
                       std::string(name_of(config.head)) + "\"); fine-tune it first");
  }
}

std::size_t TaskHead::macs_per_row() const {
  const auto macs = [](const PackedLinear& linear) { return linear.shape().in * linear.shape().out; };
  return macs(last_) + (dense_ ? macs(*dense_) : 0);
}

std::vector<float> TaskHead::logits(const float* states, std::size_t rows) const {
  std::vector<float> result(rows * last_.shape().out);
  if (!dense_) {
    last_.multiply(states, rows, result.data());
    return result;
  }
  std::vector<float> pooled(rows * dense_->shape().out);
  dense_->multiply(states, rows, pooled.data());
  tanh_in_place(pooled.data(), pooled.size());
  last_.multiply(pooled.data(), rows, result.data());
  return result;
}

}  // namespace transkimmer
