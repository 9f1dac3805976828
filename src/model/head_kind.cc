#include "model/head_kind.h"

#include <algorithm>
#include <array>

namespace transkimmer {
namespace {

constexpr std::array<HeadTraits, 9> kTable = {{
    {.kind = HeadKind::none,
     .name = "none",
     .class_ending = "Model",
     .pipeline = "feature-extraction",
     .output = Output::states,
     .is_finetuned = false},
    {.kind = HeadKind::classification,
     .name = "classification",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .labels = LabelKind::one,
     .problem_type = "single_label_classification"},
    // A classifier that says so in problem_type.
    {.kind = HeadKind::multi_label,
     .name = "multi-label classification",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .class_kind = HeadKind::classification,
     .labels = LabelKind::set,
     .yes_or_no = true,
     .problem_type = "multi_label_classification"},
    // A regressor beside which the settings of sentence-transformers' CrossEncoder stand.
    {.kind = HeadKind::reranking,
     .name = "reranking",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-ranking",
     .class_kind = HeadKind::classification,
     .labels = LabelKind::number,
     .yes_or_no = true},
    // A classifier of one label.
    {.kind = HeadKind::regression,
     .name = "regression",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .class_kind = HeadKind::classification,
     .labels = LabelKind::number,
     .problem_type = "regression"},
    {.kind = HeadKind::question_answering,
     .name = "question answering",
     .class_ending = "ForQuestionAnswering",
     .pipeline = "question-answering",
     .output = Output::spans},
    {.kind = HeadKind::token_classification,
     .name = "token classification",
     .class_ending = "ForTokenClassification",
     .pipeline = "token-classification",
     .output = Output::tags,
     .labels = LabelKind::one},
    // An encoder beside which modules.json says what is made of its states.
    {.kind = HeadKind::embedding,
     .name = "sentence embedding",
     .class_ending = "Model",
     .pipeline = "feature-extraction",
     .output = Output::vector,
     .class_kind = HeadKind::none,
     .labels = LabelKind::number},
    {.kind = HeadKind::masked_lm,
     .name = "masked language modelling",
     .class_ending = "ForMaskedLM",
     .pipeline = "fill-mask",
     .output = Output::vocabulary,
     .is_finetuned = false},
}};

}  // namespace

std::span<const HeadTraits> head_table() {
  return kTable;
}

const HeadTraits& traits_of(HeadKind head) {
  return *std::ranges::find(kTable, head, &HeadTraits::kind);
}

std::string_view name_of(HeadKind head) {
  return traits_of(head).name;
}

bool is_task_head(HeadKind head) {
  return traits_of(head).output != Output::states;
}

}  // namespace transkimmer
