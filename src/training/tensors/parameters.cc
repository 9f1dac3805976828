#include "training/tensors/parameters.h"

#include <algorithm>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// A head that is tied to the words compares every one with what it predicts: all rows have gradients.
bool uses_few_rows(const ModelSpec& model, const WeightSpec& spec, torch::Device device) {
  const bool tied = std::ranges::any_of(model.head.steps, &HeadStep::tied);
  return device.is_cpu() && !tied && spec.role == WeightRole::word_table;
}

}  // namespace

Parameters Parameters::allocate(const ModelSpec& model, torch::Device device) {
  Parameters result;
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  for (WeightSpec& spec : expected_weights(model)) {
    Tensor value = at::empty(spec.shape, options).set_requires_grad(true);
    result.index_.emplace(spec.name, result.entries_.size());
    auto rows = uses_few_rows(model, spec, device) ? std::make_shared<TableRows>(value) : nullptr;
    result.entries_.push_back({std::move(spec), std::move(value), std::move(rows)});
  }
  return result;
}

const Parameters::Entry& Parameters::entry(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) throw Error("this model has no weight '" + std::string(name) + "'");
  return entries_[found->second];
}

std::int64_t Parameters::count() const {
  std::int64_t total = 0;
  for (const Entry& entry : entries_) total += entry.value.numel();
  return total;
}

void Parameters::zero_gradients() const {
  // Dropped rather than filled with zeros: the next backward pass then writes them without reading first.
  for (const Entry& entry : entries_) {
    if (entry.rows) entry.rows->clear();
    entry.value.mutable_grad() = Tensor();
  }
}

void Parameters::prepare_all() const {
  for (const Entry& entry : entries_)
    if (entry.rows) entry.rows->prepare_all();
}

AffineWeights affine_weights(const Parameters& parameters, const std::string& prefix) {
  return {parameters.at(prefix + ".weight"), parameters.at(prefix + ".bias")};
}

Tensor layer_norm(const Tensor& input, const AffineWeights& weights, double epsilon) {
  // Under autocasting the input may be bf16, which libtorch 1.13 does not mix with f32 weights; norms are
  // cheap in f32.
  return at::layer_norm(input.to(weights.weight.scalar_type()), {input.size(-1)}, weights.weight,
                        weights.bias, epsilon);
}

}  // namespace transkimmer
