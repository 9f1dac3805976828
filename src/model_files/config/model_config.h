#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_spec.h"
#include "model/skim_config.h"

namespace transkimmer {

/// config.json, in the words that Hugging Face's BERT has for it; other architectures' words are translated.
/// Keys we do not know are kept and written back.
struct ModelConfig {
  std::string model_type = "bert";  ///< of an architecture that we have
  HeadKind head = HeadKind::none;
  /// config.json names a class whose head is none of ours (BertForMultipleChoice): `head` is none, and a
  /// tensor "classifier.weight" is that head's.
  bool other_head = false;
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t embedding_size = 0;  ///< of the embedding tables; 0: the hidden size
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t max_position_embeddings = 0;
  std::int64_t type_vocab_size = 0;  ///< 0: the architecture has no token types
  std::int64_t pad_token_id = 0;
  std::int64_t relative_attention_num_buckets = 0;  ///< 0: no bias by distance
  Activation hidden_act = Activation::gelu;
  double layer_norm_eps = 1e-12;
  double initializer_range = 0.02;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  double classifier_dropout = 0.1;  ///< hidden_dropout_prob where config.json says null or nothing
  std::vector<std::string> labels;  ///< id2label in order; one entry for regression
  SkimConfig skim;
  HeadSpec sentence_head = {};    ///< of HeadKind::embedding: what modules.json says
  std::string other_json = "{}";  ///< the original object, from which unknown keys are kept on writing

  std::int64_t head_size() const { return hidden_size / num_attention_heads; }
  std::int64_t num_labels() const { return static_cast<std::int64_t>(labels.size()); }
  /// The longest sequence the position table allows: RoBERTa's first two positions are taken (pad id + 1).
  std::int64_t max_tokens() const;
  /// The network that this describes. Throws UsageError for an unknown model_type.
  ModelSpec spec() const;

  /// The sizes must be there; what else is absent has Hugging Face's default. "architectures" says
  /// architecture and head, and wins over "model_type"; classes of our architectures with a head we do not
  /// have count as head `none`. Throws FormatError naming `origin` and the key: missing, of the wrong type,
  /// out of range (sizes must be positive, hidden_size divisible by heads), an unknown model_type, activation
  /// or position_embedding_type. A config without "transkimmer" but with predictors among the weights
  /// (published code) gets skim settings when the weights load.
  static ModelConfig parse(std::string_view json, const std::string& origin);
  /// Reads `directory`/config.json; also throws IoError. An encoder without a head, or named after its
  /// pretraining, beside which modules.json of sentence-transformers stands is an embedder.
  static ModelConfig load(const std::filesystem::path& directory);
  /// Whether config.json had a "transkimmer" object; published checkpoints have none.
  bool mentions_skimming() const;
  /// The JSON text that `save` writes, which `parse` reads back. Throws Error when a label is not valid
  /// UTF-8, or when skimming is enabled and has no predictor size.
  std::string to_json() const;
  /// Writes `directory`/config.json (beside, then renamed). Throws IoError naming the path.
  void save(const std::filesystem::path& directory) const;
};

}  // namespace transkimmer
