#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/weight_specs.h"
#include "training/tensors/table_rows.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// The trainable tensors of a model by canonical name (see WeightSpec), in the order of
/// `expected_weights`. Tensors are shared: the modules hold the same ones.
class Parameters {
 public:
  struct Entry {
    WeightSpec spec;
    Tensor value;
    /// Of the word embeddings where steps use few of their rows; else null.
    std::shared_ptr<TableRows> rows = {};
  };

  /// Uninitialised f32 tensors that require gradients.
  static Parameters allocate(const ModelSpec& model, torch::Device device);

  const std::vector<Entry>& entries() const { return entries_; }
  /// Throws Error naming the weight when the model has none of this name.
  const Tensor& at(std::string_view name) const { return entry(name).value; }
  const Entry& entry(std::string_view name) const;
  bool contains(std::string_view name) const { return index_.find(name) != index_.end(); }
  /// Elements of all of them.
  std::int64_t count() const;
  void zero_gradients() const;
  /// Call before the weights are read other than by an Encoder, while an optimiser lives (see TableRows).
  void prepare_all() const;

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// Weight and bias of a linear layer or of a layer normalisation.
struct AffineWeights {
  Tensor weight;
  Tensor bias;
};

/// `prefix`.weight and `prefix`.bias.
AffineWeights affine_weights(const Parameters& parameters, const std::string& prefix);

/// LayerNorm over the last dimension, in the type of the weights whatever that of `input` is.
Tensor layer_norm(const Tensor& input, const AffineWeights& weights, double epsilon);

}  // namespace transkimmer
