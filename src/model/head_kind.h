#pragma once

#include <span>
#include <string_view>

namespace transkimmer {

/// What a model answers.
enum class HeadKind {
  none,
  classification,
  multi_label,  ///< each label is true or not
  regression,
  reranking,  ///< one score of how well a text answers a query
  question_answering,
  token_classification,
  embedding,
  masked_lm
};

/// What is known of a kind of head whatever the architecture is: a row of one table.
struct HeadTraits {
  HeadKind kind = HeadKind::none;
  std::string_view name;          ///< in messages: "question answering"
  std::string_view class_ending;  ///< of Hugging Face's classes: "ForMaskedLM"
  std::string_view pipeline;      ///< Hugging Face's word for the task: "fill-mask"
  HeadKind class_kind = kind;     ///< as what the class alone is read; labels or files say the rest
  bool is_task = true;            ///< it says something about texts: there is a head to run
  bool classifies = false;        ///< has a class for each label, two where config.json names none
};

/// All kinds, a row each.
std::span<const HeadTraits> head_table();
/// The row of a kind.
const HeadTraits& traits_of(HeadKind head);
/// In the words of messages; "none" for no head.
std::string_view name_of(HeadKind head);
/// Whether a head of this kind answers questions about texts.
bool is_task_head(HeadKind head);

}  // namespace transkimmer
