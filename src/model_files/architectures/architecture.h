#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/model_spec.h"

namespace transkimmer {

/// What a head is built from.
struct HeadSizes {
  std::int64_t hidden = 0;
  std::int64_t labels = 0;
  std::int64_t vocabulary = 0;
  std::int64_t embedding = 0;                ///< columns of the word embeddings
  double dropout = 0;                        ///< classifier_dropout, or what the architecture calls so
  Activation activation = Activation::gelu;  ///< hidden_act
};

/// Whether a model has token types, and who says them.
enum class TokenTypes {
  none,
  given,               ///< by whoever runs the model
  given_where_several  ///< all are 0 where the table has one row
};

/// Our word or name, which is BERT's, and the architecture's own.
struct Spelling {
  std::string_view ours, theirs;
};

/// How Hugging Face spells a family of models: config.json, tensors and classes. A new one is a file beside
/// this one and a line in table.cc.
struct Architecture {
  std::string_view model_type;       ///< of config.json
  std::string_view class_prefix;     ///< "Bert" of "BertForMaskedLM"
  std::string_view weight_prefix;    ///< "bert." of the encoder's tensors where there is a head, too
  std::string_view tokenizer_class;  ///< where the files name none
  std::int64_t padding_id = 0;       ///< where config.json has none
  bool fixed_padding = false;        ///< the classes count on padding_id, whatever config.json says
  Positions positions = Positions::from_zero;
  TokenTypes types = TokenTypes::given;
  std::int64_t embedding_size =
      0;  ///< where config.json has none; 0: it has no such key, but the hidden size
  std::int64_t relative_buckets = 0;   ///< of a bias of attention by distance; 0: there is none
  bool drops_attention_output = true;  ///< dropout behind the attention part of a layer, in training
  /// A key of config.json for one of BERT's; empty: it has none. Null: the same words.
  std::string_view (*key)(std::string_view ours, HeadKind head) = nullptr;
  /// Dropout of a head where config.json says nothing; nothing: as hidden_dropout_prob. Null: so for all.
  std::optional<double> (*usual_head_dropout)(HeadKind head) = nullptr;
  /// Parts of tensor names that differ, each replaced once, in this order.
  std::span<const Spelling> tensors = {};
  std::string_view pooler = {};  ///< what tensors of a pretrained pooler begin with; empty: there is none
  /// What tensors of heads begin with that are none of ours.
  std::span<const std::string_view> other_heads = {};
  /// Tensors that are the word embeddings, or another tensor, again.
  std::span<const std::string_view> copies = {};
  /// The head of a class (HeadTraits::class_kind); no steps where it has none.
  HeadSpec (*head)(HeadKind class_kind, const HeadSizes& sizes) = nullptr;

  /// The key of config.json, as C string; empty: there is none.
  std::string key_of(std::string_view ours, HeadKind head_kind) const;
  /// A tensor's name in files, without weight_prefix.
  std::string stored_name(std::string_view canonical) const;
  /// The reverse.
  std::string canonical_name(std::string_view stored) const;
};

/// All of them.
std::span<const Architecture> architectures();
/// Null where there is none of this model_type.
const Architecture* find_architecture(std::string_view model_type);
/// Throws UsageError where there is none.
const Architecture& architecture_of(std::string_view model_type);
/// "\"bert\", \"roberta\" or ...", for messages.
std::string architecture_names();

/// Whether a tensor, as files name it without weight_prefix, is part of a head of one of them, or of their
/// other parts: a file may serve another task than config.json names.
bool is_of_a_head(std::string_view stored);

}  // namespace transkimmer
