#include "runtime/cpu/head.h"

#include <string>

#include "compute/kernels/kernels.h"
#include "compute/threads/shared_loops.h"
#include "model/weight_specs.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

NormParameters norm_of(const HeadStep& step, const ModelWeights& weights) {
  if (step.norm.empty()) return {};
  return {weights.floats(step.norm + ".weight"), weights.floats(step.norm + ".bias")};
}

void normalize(const NormParameters& norm, float epsilon, std::size_t rows, std::vector<float>& values) {
  const std::vector<float> nothing(values.size());
  add_layer_norm(values.data(), nothing.data(), {norm.gamma.data(), norm.beta.data(), epsilon},
                 {rows, norm.gamma.size()}, values.data());
}

}  // namespace

TaskHead TaskHead::pack(const ModelSpec& spec, const ModelWeights& weights, int panels,
                        MatrixKernelCache& kernels) {
  if (!is_task_head(spec.head.kind)) throw UsageError("the model has no task head to run");
  std::vector<Step> steps;
  auto in = static_cast<std::size_t>(spec.head.width(spec.hidden_size));
  for (const HeadStep& step : spec.head.steps) {
    const auto out = static_cast<std::size_t>(step.out);
    const std::string matrix = step.tied ? embedding_names().words : step.name + ".weight";
    steps.push_back({PackedLinear({in, out, step.activation}, weights.floats(matrix),
                                  step.biased ? weights.floats(step.name + ".bias") : std::vector<float>(out),
                                  panels, kernels),
                     norm_of(step, weights)});
    in = out;
  }
  return TaskHead(std::move(steps), in, static_cast<float>(spec.norm_epsilon));
}

std::size_t TaskHead::macs_per_row() const {
  std::size_t macs = 0;
  for (const Step& step : steps_) macs += step.linear.shape().in * step.linear.shape().out;
  return macs;
}

std::vector<float> TaskHead::logits(const float* states, std::size_t rows, const ThreadPool& pool) const {
  const SharedLoops loops(pool);
  if (steps_.empty()) return {states, states + rows * columns_};
  std::vector<float> values;
  for (const Step& step : steps_) {
    const LinearShape& shape = step.linear.shape();
    const float* const x = &step == &steps_.front() ? states : values.data();
    std::vector<float> y(rows * shape.out);
    loops.for_tasks(step.linear.panels(), rows * shape.in * shape.out, [&](std::size_t panel, int) {
      step.linear.multiply_panel(panel, float_operand(x, shape.in), rows, y.data());
    });
    if (!step.norm.gamma.empty()) normalize(step.norm, norm_epsilon_, rows, y);
    values = std::move(y);
  }
  return values;
}

}  // namespace transkimmer
