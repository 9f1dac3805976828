#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

enum class Architecture { bert, roberta };
enum class HeadKind { none, classification, regression, question_answering, masked_lm };
/// How training related to removal (design: the `transkimmer.semantics` setting).
enum class SkimSemantics {
  removal,  ///< attention renormalised over kept tokens: training computes what removal computes
  original  ///< the published code: post-softmax mask, padding counted; removal computes something else
};

/// Which tokens no predictor may skim.
enum class SkimProtection {
  first_token,  ///< position 0
  question,     ///< the question in front of its context, too
  none          ///< not even position 0: see ModelConfig::texts_exit
};

std::string_view name_of(Architecture architecture);
std::string_view name_of(HeadKind head);
std::string_view name_of(SkimSemantics semantics);
std::string_view name_of(SkimProtection protection);
/// The reverse; nothing for other words.
std::optional<SkimProtection> protection_named(std::string_view name);

/// Whether a head reads position 0 alone: classification and regression. Others read every token.
bool reads_first_token_only(HeadKind head);

/// The object under "transkimmer" in config.json.
struct SkimConfig {
  bool enabled = false;             ///< the model has skim predictors
  std::int64_t predictor_size = 0;  ///< P; equals hidden_size as published. 0 only when not enabled
  double threshold = 0.0;           ///< theta: keep when logit_keep - logit_skim > theta
  double coefficient = 0.0;         ///< weight of the skim loss it was trained with
  std::optional<double> target_compute =
      {};                    ///< share of the dense model's MACs it was trained to, where it was
  double temperature = 1.0;  ///< Gumbel-softmax tau it was trained with
  SkimSemantics semantics = SkimSemantics::removal;
  SkimProtection protection = SkimProtection::first_token;  ///< in training and at inference
};

/// config.json of a BERT or RoBERTa model, in Hugging Face's words. Keys we do not know are kept and written
/// back.
struct ModelConfig {
  Architecture architecture = Architecture::bert;
  HeadKind head = HeadKind::none;
  /// config.json names a class whose head is none of ours (BertForTokenClassification): `head` is none, and a
  /// tensor "classifier.weight" is that head's.
  bool other_head = false;
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t max_position_embeddings = 0;
  std::int64_t type_vocab_size = 0;
  std::int64_t pad_token_id = 0;
  double layer_norm_eps = 1e-12;
  double initializer_range = 0.02;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  double classifier_dropout = 0.1;  ///< hidden_dropout_prob where config.json says null or nothing
  std::vector<std::string> labels;  ///< id2label in order; one entry for regression
  SkimConfig skim;
  std::string other_json = "{}";  ///< the original object, from which unknown keys are kept on writing

  std::int64_t head_size() const { return hidden_size / num_attention_heads; }
  std::int64_t num_labels() const { return static_cast<std::int64_t>(labels.size()); }
  /// Whether a text is done when position 0 is skimmed, and its other tokens leave in the same layer:
  /// nothing protects that position, and the head reads no other.
  bool texts_exit() const { return skim.protection == SkimProtection::none && reads_first_token_only(head); }
  /// The longest sequence the position table allows: RoBERTa's first two positions are taken (pad id + 1).
  std::int64_t max_tokens() const;

  /// The sizes must be there; what else is absent has Hugging Face's default. "architectures" says
  /// architecture and head, and wins over "model_type"; BERT and RoBERTa classes with a head we do not have
  /// count as head `none`. Throws FormatError naming `origin` and the key: missing, of the wrong type, out of
  /// range (sizes must be positive, hidden_size divisible by heads), an unknown model_type, activation or
  /// position_embedding_type. A config without "transkimmer" but with predictors among the weights (published
  /// code) gets skim settings when the weights load.
  static ModelConfig parse(std::string_view json, const std::string& origin);
  /// Reads `directory`/config.json; also throws IoError.
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
