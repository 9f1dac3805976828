#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// Which part of a model a weight belongs to, and so what may be missing in a file.
enum class WeightGroup { encoder, predictor, pooler, head };

/// What a weight is for: how it starts, and whether weight decay touches it.
enum class WeightRole {
  matrix,
  bias,
  norm_scale,
  norm_shift,
  word_table,      ///< the row of the padding token starts at zero
  position_table,  ///< alike where positions are counted behind padding
  type_table,
  decision_bias  ///< of a skim predictor's last layer: [skim, keep]
};

/// A tensor that a model has.
struct WeightSpec {
  std::string name;  ///< canonical: as Hugging Face's BERT has it, without the leading "bert."
  std::vector<std::int64_t> shape;
  WeightGroup group = WeightGroup::encoder;
  WeightRole role = WeightRole::matrix;
};

/// Names of the tensors of the embeddings, and of their LayerNorm and of the linear layer from tables of
/// another width (EmbeddingSpec::size) without ".weight" and ".bias".
struct EmbeddingNames {
  std::string words, positions, types, norm, projection;
};
/// The canonical ones (see WeightSpec).
EmbeddingNames embedding_names();

/// Names of a layer's linear layers and LayerNorms, without ".weight" and ".bias".
struct LayerNames {
  std::string query, key, value, attention_output, attention_norm;
  std::string feed_forward_in, feed_forward_out, output_norm;
};
/// The canonical ones of the layer with this index, from 0.
LayerNames layer_names(std::size_t layer);

/// The same of the skim predictor before a layer: LayerNorm(H), Linear(H, P), LayerNorm(P), GELU,
/// Linear(P, 2).
struct PredictorNames {
  std::string input_norm, projection, projection_norm, decision;
};
/// The canonical ones of the predictor before the layer with this index, from 0.
PredictorNames predictor_names(std::size_t layer);

/// What the names of embeddings and of layers begin with: predictors' among them, a head's not.
std::vector<std::string> encoder_prefixes();

/// What the names of all predictors begin with.
std::string predictors_prefix();

/// Columns of the embedding tables.
std::int64_t embedding_columns(const ModelSpec& spec);

/// Every weight that a model has, in a fixed order: embeddings, layers, predictors, head.
std::vector<WeightSpec> expected_weights(const ModelSpec& spec);

}  // namespace transkimmer
