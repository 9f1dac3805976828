#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "model_files/config/model_config.h"
#include "model_files/weights/model_weights.h"

namespace transkimmer::test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

/// What the model computes for one sequence of `tokens` tokens.
struct ReferenceResult {
  Rows states;                          ///< [tokens, hidden]: of the last layer, or as the token was skimmed
  std::vector<std::size_t> skimmed_at;  ///< [tokens]: the layer that skimmed the token; layers = never
  Rows logits;                          ///< [1, labels]; [tokens, 2] for question answering
  /// How near the nearest decision came to the threshold. Where rounding moves a decision over it, everything
  /// behind that decision differs.
  double nearest_decision = std::numeric_limits<double>::infinity();
};

/// The definition of a skimming encoder in the plainest loops that can be written, in double precision, one
/// sequence at a time. It shares nothing with the engine but the reading of the files.
class ReferenceModel {
 public:
  /// Both must outlive this object.
  ReferenceModel(const ModelConfig& config, const ModelWeights& weights)
      : config_(config), weights_(weights) {}

  /// Tokens whose margin is above `threshold` go on. `types` is as long as `ids`.
  ReferenceResult run(std::span<const std::int32_t> ids, std::span<const std::int32_t> types,
                      double threshold) const;

 private:
  Row vector(const std::string& name) const;
  Rows matrix(const std::string& name) const;
  Row linear(const std::string& name, const Row& x) const;
  Rows linear(const std::string& name, const Rows& x) const;
  Row layer_norm(const std::string& name, const Row& x, double epsilon) const;
  Rows add_and_norm(const std::string& name, const Rows& x, const Rows& residual) const;

  Rows embeddings(std::span<const std::int32_t> ids, std::span<const std::int32_t> types) const;
  double margin(const std::string& predictor, const Row& x) const;
  double bias(std::size_t head, std::int64_t distance) const;
  Rows attention(const std::string& layer, const Rows& x, const std::vector<std::size_t>& places) const;
  Rows encoder_layer(const std::string& layer, const Rows& x, const std::vector<std::size_t>& places) const;
  Rows head(const Rows& states) const;

  const ModelConfig& config_;
  const ModelWeights& weights_;
};

}  // namespace transkimmer::test
