#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/activation.h"
#include "model/head_kind.h"
#include "model/skim_config.h"

namespace transkimmer {

/// Which row of the position table a token reads.
enum class Positions {
  from_zero,      ///< its place in the sequence
  behind_padding  ///< counted from the padding id + 1; a padding token, which a text may spell out, takes the
                  ///< row of its id and is not counted
};

/// The tables that ids, positions and types are looked up in.
struct EmbeddingSpec {
  std::int64_t vocab_size = 0;
  std::int64_t padding_id = 0;
  std::int64_t position_rows = 0;  ///< of the position table
  Positions positions = Positions::from_zero;
  std::int64_t types = 0;   ///< rows of the table of token types; 0: there is none
  bool given_types = true;  ///< whoever runs the model says each token's type; else all are 0
  /// Columns of the tables, which a linear layer turns into the hidden size; 0: they have the hidden size.
  std::int64_t size = 0;

  /// The longest sequence that the position table allows.
  std::int64_t max_tokens() const {
    return positions == Positions::behind_padding ? position_rows - padding_id - 1 : position_rows;
  }
};

/// Attention of all tokens of a text to one another, in heads of one size.
struct AttentionSpec {
  std::int64_t heads = 0;
};

/// A bias of attention scores by the distance of two tokens, which all layers share (MPNet, T5): distances
/// fall into buckets, half of them for each direction, the far ones wider and wider.
struct RelativeBiasSpec {
  std::int64_t buckets = 0;         ///< 0: there is none
  std::int64_t max_distance = 128;  ///< from here on all distances fall into the last bucket
};

/// Two linear layers with an activation between them.
struct FeedForwardSpec {
  std::int64_t size = 0;
  Activation activation = Activation::gelu;
};

/// A Transformer layer that normalises after attention and after the feed-forward part.
struct LayerSpec {
  AttentionSpec attention;
  FeedForwardSpec feed_forward;
};

/// Which states a head reads.
enum class Reads {
  none,
  first,
  each,
  pooled  ///< of every token, put together into one: see HeadSpec::pooling
};

/// How the states of a text's tokens become one (sentence-transformers' Pooling), special tokens among them,
/// a skimmed token with the state that it left with.
enum class Pooling : std::uint8_t {
  first,  ///< of the first token
  mean,
  max,
  mean_sqrt_length,  ///< the sum over the square root of the number of tokens
  weighted_mean,     ///< by position, 1 for the first
  last               ///< of the last token
};

/// A linear layer of a head, and what follows it.
struct HeadStep {
  std::string name;      ///< canonical, of the linear layer; its weights are `name`.weight and `name`.bias
  std::int64_t out = 0;  ///< columns of its result
  Activation activation = Activation::none;
  std::string norm = {};  ///< canonical, of the LayerNorm behind the activation; empty: there is none
  double dropout = 0;     ///< probability, in training, of what the layer reads
  bool pooler = false;    ///< pretrained with the encoder: kept where the rest of the head is new
  bool tied = false;      ///< multiplies with the word embeddings; only the bias is its own
  bool biased = true;     ///< has `name`.bias
};

/// What stands on the encoder: what it reads, and the linear layers that it applies.
struct HeadSpec {
  HeadKind kind = HeadKind::none;
  Reads reads = Reads::none;
  std::vector<HeadStep> steps;
  std::vector<Pooling> pooling = {};  ///< where it reads pooled states: results side by side
  bool normalize = false;             ///< the result is made of length 1

  /// Columns of what the first step reads, or of the result where there are no steps.
  std::int64_t width(std::int64_t hidden_size) const {
    return hidden_size * std::max<std::int64_t>(1, static_cast<std::int64_t>(pooling.size()));
  }
  /// Columns of the result.
  std::int64_t out(std::int64_t hidden_size) const {
    return steps.empty() ? width(hidden_size) : steps.back().out;
  }
};

/// Probabilities of dropout in training.
struct DropoutSpec {
  double hidden = 0;            ///< behind the embeddings and behind the feed-forward part of a layer
  double attention = 0;         ///< of attention weights
  double attention_output = 0;  ///< behind the attention part of a layer
};

/// What a network is, as data: weights, cost, the packed runtime model, the training network and the ONNX
/// graph are all derived from it.
struct ModelSpec {
  std::int64_t hidden_size = 0;
  double norm_epsilon = 1e-12;  ///< of every LayerNorm but the predictors'
  EmbeddingSpec embeddings;
  RelativeBiasSpec relative_bias = {};
  std::vector<LayerSpec> layers;
  HeadSpec head;
  SkimConfig skim;
  DropoutSpec dropout;
  double initializer_range = 0.02;  ///< standard deviation of fresh matrices

  std::int64_t head_size(const LayerSpec& layer) const { return hidden_size / layer.attention.heads; }
  /// Whether the head reads position 0 alone.
  bool reads_first_token() const { return head.reads == Reads::first; }
  /// Whether a text is done when position 0 is skimmed, and its other tokens leave in the same layer:
  /// nothing protects that position, and the head reads no other.
  bool texts_exit() const { return skim.protection == SkimProtection::none && reads_first_token(); }
};

}  // namespace transkimmer
