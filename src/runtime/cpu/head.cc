#include "runtime/cpu/head.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "compute/kernels/kernels.h"
#include "compute/threads/shared_loops.h"
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

std::vector<float> probabilities_of(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  std::vector<float> result;
  float sum = 0;
  for (const float logit : logits) sum += result.emplace_back(std::exp(logit - largest));
  for (float& value : result) value /= sum;
  return result;
}

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
      throw UsageError("the model has no task head to run");
  }
}

std::size_t TaskHead::macs_per_row() const {
  const auto macs = [](const PackedLinear& linear) { return linear.shape().in * linear.shape().out; };
  return macs(last_) + (dense_ ? macs(*dense_) : 0);
}

std::vector<float> TaskHead::logits(const float* states, std::size_t rows, const ThreadPool& pool) const {
  const SharedLoops loops(pool);
  const auto multiply = [&](const PackedLinear& linear, const float* x) {
    const LinearShape& shape = linear.shape();
    std::vector<float> y(rows * shape.out);
    loops.for_tasks(linear.panels(), rows * shape.in * shape.out, [&](std::size_t panel, int) {
      linear.multiply_panel(panel, float_operand(x, shape.in), rows, y.data());
    });
    return y;
  };
  if (!dense_) return multiply(last_, states);
  std::vector<float> pooled = multiply(*dense_, states);
  tanh_in_place(pooled.data(), pooled.size());
  return multiply(last_, pooled.data());
}

}  // namespace transkimmer
