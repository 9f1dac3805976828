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
     .is_task = false},
    {.kind = HeadKind::classification,
     .name = "classification",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .classifies = true},
    // A classifier that says so in problem_type.
    {.kind = HeadKind::multi_label,
     .name = "multi-label classification",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .class_kind = HeadKind::classification,
     .classifies = true},
    // A regressor beside which the settings of sentence-transformers' CrossEncoder stand.
    {.kind = HeadKind::reranking,
     .name = "reranking",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-ranking",
     .class_kind = HeadKind::classification},
    // A classifier of one label.
    {.kind = HeadKind::regression,
     .name = "regression",
     .class_ending = "ForSequenceClassification",
     .pipeline = "text-classification",
     .class_kind = HeadKind::classification},
    {.kind = HeadKind::question_answering,
     .name = "question answering",
     .class_ending = "ForQuestionAnswering",
     .pipeline = "question-answering"},
    {.kind = HeadKind::token_classification,
     .name = "token classification",
     .class_ending = "ForTokenClassification",
     .pipeline = "token-classification",
     .classifies = true},
    // An encoder beside which modules.json says what is made of its states.
    {.kind = HeadKind::embedding,
     .name = "sentence embedding",
     .class_ending = "Model",
     .pipeline = "feature-extraction",
     .class_kind = HeadKind::none},
    {.kind = HeadKind::masked_lm,
     .name = "masked language modelling",
     .class_ending = "ForMaskedLM",
     .pipeline = "fill-mask"},
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
  return traits_of(head).is_task;
}

}  // namespace transkimmer
