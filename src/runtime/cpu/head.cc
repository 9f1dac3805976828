#include "runtime/cpu/head.h"

#include <string>

#include "compute/threads/shared_loops.h"
#include "transkimmer/error.h"

namespace transkimmer {

TaskHead TaskHead::pack(const ModelSpec& spec, const ModelWeights& weights, int panels,
                        MatrixKernelCache& kernels) {
  if (!is_task_head(spec.head.kind)) throw UsageError("the model has no task head to run");
  std::vector<PackedLinear> steps;
  auto in = static_cast<std::size_t>(spec.head.width(spec.hidden_size));
  for (const HeadStep& step : spec.head.steps) {
    const auto out = static_cast<std::size_t>(step.out);
    steps.emplace_back(LinearShape{in, out, step.activation}, weights.floats(step.name + ".weight"),
                       step.biased ? weights.floats(step.name + ".bias") : std::vector<float>(out), panels,
                       kernels);
    in = out;
  }
  return TaskHead(std::move(steps), in);
}

std::size_t TaskHead::macs_per_row() const {
  std::size_t macs = 0;
  for (const PackedLinear& step : steps_) macs += step.shape().in * step.shape().out;
  return macs;
}

std::vector<float> TaskHead::logits(const float* states, std::size_t rows, const ThreadPool& pool) const {
  const SharedLoops loops(pool);
  if (steps_.empty()) return {states, states + rows * columns_};
  std::vector<float> values;
  for (const PackedLinear& step : steps_) {
    const LinearShape& shape = step.shape();
    const float* const x = &step == &steps_.front() ? states : values.data();
    std::vector<float> y(rows * shape.out);
    loops.for_tasks(step.panels(), rows * shape.in * shape.out, [&](std::size_t panel, int) {
      step.multiply_panel(panel, float_operand(x, shape.in), rows, y.data());
    });
    values = std::move(y);
  }
  return values;
}

}  // namespace transkimmer
