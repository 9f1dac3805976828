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

/// What a model gives, as its readers take it.
enum class Output {
  states,      ///< of every token: there is no head
  labels,      ///< scores of labels, of each text
  tags,        ///< scores of labels, of each token
  spans,       ///< two scores of each token: that an answer begins there, and that it ends there
  vector,      ///< of each text
  vocabulary,  ///< scores of all tokens, at each place that is asked for
};

/// What a label of a text is to a head.
enum class LabelKind {
  none,    ///< there are none: it answers with places, or is learnt without labels
  one,     ///< one of several, of a text or of each token
  set,     ///< some of several, or none
  number,  ///< of a text, or of how alike or fitting the two of a pair are
};

/// What is known of a kind of head whatever the architecture is: a row of one table.
struct HeadTraits {
  HeadKind kind = HeadKind::none;
  std::string_view name;          ///< in messages: "question answering"
  std::string_view class_ending;  ///< of Hugging Face's classes: "ForMaskedLM"
  std::string_view pipeline;      ///< Hugging Face's word for the task: "fill-mask"
  Output output = Output::labels;
  HeadKind class_kind = kind;  ///< as what the class alone is read; labels or files say the rest
  bool is_finetuned = true;    ///< `finetune` teaches it, and `evaluate` scores it on, files of one's own
  LabelKind labels = LabelKind::none;
  bool yes_or_no = false;  ///< each of its logits, by itself, says whether something holds
  /// In config.json beside a class that several kinds share; empty: it has no word for it.
  std::string_view problem_type = {};

  /// Has a class for each label, two where config.json names none.
  bool classifies() const { return labels == LabelKind::one || labels == LabelKind::set; }
};

/// All kinds, a row each.
std::span<const HeadTraits> head_table();
/// The row of a kind.
const HeadTraits& traits_of(HeadKind head);
/// In the words of messages; "none" for no head.
std::string_view name_of(HeadKind head);
/// Whether a head of this kind says something about texts: there is a head to run.
bool is_task_head(HeadKind head);

}  // namespace transkimmer
