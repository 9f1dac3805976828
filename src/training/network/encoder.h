#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "model/model_spec.h"
#include "training/network/attention.h"
#include "training/packed/packed_embedding.h"
#include "training/packed/packed_layer.h"
#include "training/skimming/skim_gate.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// Sequences padded to the longest of them.
struct PaddedBatch {
  Tensor ids;       ///< [B, S] i64
  Tensor type_ids;  ///< [B, S] i64
  Tensor real;      ///< [B, S] f32: 1 for tokens, 0 for padding
  /// [M] i64: row * S + column of the tokens that a masked-LM head predicts; undefined: all of them.
  Tensor predicted = {};
  /// [B, S] f32: 1 for tokens that are never skimmed; undefined: what the model's configuration says of
  /// position 0 alone.
  Tensor never_skimmed = {};
};

/// As a number of layers: more than any model has.
inline constexpr std::int64_t kEveryLayer = std::numeric_limits<std::int64_t>::max();

/// How a forward pass is run.
struct ForwardOptions {
  bool training = false;   ///< dropout, and Gumbel noise in the skim decisions
  bool skimming = true;    ///< false runs the layers dense, predictors unused
  std::uint64_t seed = 0;  ///< of dropout and noise
  double gate_noise = 1;   ///< factor of the noise that is drawn in training; 0: decisions as in inference
  bool gradient_of_return = false;  ///< of skimmed keys in attention, see AttentionMask
  /// [L, B, S - 1, 2], added to the skim logits of positions 1..S-1 in place of drawn noise.
  Tensor skim_noise = {};
  /// Only the first token of each sequence is asked for: the last layer computes no other, and
  /// EncoderOutput::hidden may be zero elsewhere.
  bool first_token_only = false;
  /// Computes padding too, as the published code does, which counts decisions on it. Else, where the model
  /// has removal semantics and runs on the CPU without a trace, padding is left out: its states are 0 and it
  /// is not kept.
  bool padded = false;
  /// Packed layers compute a skimmed token for so many layers more, that which skimmed it included, so that
  /// its gate learns what the token would have contributed; then it leaves. One that stays to the end has the
  /// exact gradient. Without gradients tokens leave where they are skimmed, as in inference.
  std::int64_t removal_delay = kEveryLayer;
};

/// Intermediate values, for the tests that compare them with the published code.
struct EncoderTrace {
  std::vector<Tensor> hidden;         ///< L + 1 of [B, S, H]: inputs of the layers, and the last one's output
  std::vector<Tensor> skim_logits;    ///< L of [B, S, 2]
  std::vector<Tensor> probabilities;  ///< L of [B, heads, S, S]
};

/// What a forward pass leaves, before the head.
struct EncoderOutput {
  Tensor hidden;                   ///< [B, S, H]: of each token the last state it reached
  std::vector<Tensor> skim_masks;  ///< L of [B, S], cumulative, 1 = kept; empty when not skimming
};

/// The layers of a model with a skim predictor before each of them.
class Encoder {
 public:
  Encoder(const ModelSpec& spec, const Parameters& parameters);

  EncoderOutput forward(const PaddedBatch& batch, const ForwardOptions& options,
                        EncoderTrace* trace = nullptr) const;

  double skim_threshold = 0.0;

 private:
  /// What the layers of one forward pass share.
  struct Pass {
    const PaddedBatch& batch;
    const ForwardOptions& options;
    RandomStreams random;
    bool skimming;
    bool texts_exit;   ///< see ModelSpec::texts_exit
    Tensor bias = {};  ///< [heads, 2 S - 1]: see relative_buckets; undefined: there is none

    DropoutContext dropout() { return {.active = options.training, .random = &random}; }
  };

  /// The tokens that layers still compute, and those that have left.
  struct PackedStates;

  std::int64_t fixed_position() const;
  Tensor position_ids(const Tensor& ids) const;
  Tensor bias_by_distance(std::int64_t length) const;
  Tensor decide(std::size_t layer, const Tensor& logits, Pass& pass) const;

  EncoderOutput forward_padded(Pass& pass, EncoderTrace* trace) const;
  Tensor embed(Pass& pass) const;
  Tensor project(const Tensor& embedded) const;
  Tensor run_layer(std::size_t index, const Tensor& hidden, const AttentionMask& mask,
                   const AttentionOptions& attention) const;

  EncoderOutput forward_packed(Pass& pass) const;
  void skim_packed(std::size_t layer, PackedStates& states, Pass& pass) const;
  void follow_packed(std::size_t layer, PackedStates& states, const Pass& pass) const;
  Tensor embed_packed(Pass& pass, std::shared_ptr<const TokenPacking> packing) const;
  Tensor run_packed_layer(std::size_t layer, const Tensor& hidden, const Tensor& kept,
                          const TokenPacking& packing, Pass& pass) const;

  ModelSpec spec_;
  EmbeddingTables embeddings_;
  AffineWeights projection_;  ///< of tables of another width; undefined: there is none
  Tensor relative_bias_;      ///< [buckets, heads]; undefined: there is none
  std::vector<EncoderLayerWeights> layers_;
  std::vector<SkimPredictor> predictors_;
};

}  // namespace transkimmer
