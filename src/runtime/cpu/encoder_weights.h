#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compute/products/packed_linear.h"
#include "model/model_spec.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/skim_predictor.h"

namespace transkimmer {

/// One Transformer layer, packed. The query is scaled by 1 / sqrt(head size) here, once.
struct LayerWeights {
  std::size_t heads = 0;
  PackedLinear query;             ///< [hidden] -> [hidden]
  PackedLinear key_value;         ///< [hidden] -> [2 hidden], keys first
  PackedLinear attention_output;  ///< [hidden] -> [hidden]
  NormParameters attention_norm;
  PackedLinear intermediate;  ///< [hidden] -> gelu -> [feed-forward]
  PackedLinear output;        ///< [feed-forward] -> [hidden]
  NormParameters output_norm;
};

/// The tables, and what follows their sum.
struct EmbeddingWeights {
  std::vector<float> words;      ///< [vocabulary, columns]
  std::vector<float> positions;  ///< [positions, columns]
  std::vector<float> types;      ///< [types, columns]; one of zeros where the model has none
  NormParameters norm;
  std::optional<PackedLinear> projection;  ///< [columns] -> [hidden], in f32, where they are not alike
};

/// A bias of attention by distance, for texts of at most `longest` tokens.
struct RelativeBias {
  std::vector<float> values;  ///< [heads, 2 longest - 1], see bias_by_distance; empty: there is none
  std::size_t longest = 0;

  /// Of a head, at the distance 0; null where there is none.
  const float* of(std::size_t head) const {
    return values.empty() ? nullptr : values.data() + head * (2 * longest - 1) + longest - 1;
  }
};

/// The packed weights of embeddings, layers and predictors.
struct EncoderWeights {
  EmbeddingWeights embeddings;
  RelativeBias relative_bias;
  std::vector<LayerWeights> layers;
  std::vector<PredictorWeights> predictors;  ///< empty when the model has none or they are not used

  Precision precision = Precision::f32;            ///< of the layers; predictors decide in f32
  Precision attention_precision = Precision::f32;  ///< of queries, keys and values: f32 or bf16

  /// `panels`: threads that share a product of few rows. `precision` is one that usable_precision returns.
  static EncoderWeights pack(const ModelSpec& spec, const ModelWeights& weights, bool with_predictors,
                             int panels, MatrixKernelCache& kernels, Precision precision = Precision::f32);
};

}  // namespace transkimmer
