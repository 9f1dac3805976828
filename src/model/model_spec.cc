#include "model/model_spec.h"

namespace transkimmer {

std::string_view name_of(HeadKind head) {
  switch (head) {
    case HeadKind::none:
      return "none";
    case HeadKind::classification:
      return "classification";
    case HeadKind::regression:
      return "regression";
    case HeadKind::question_answering:
      return "question answering";
    case HeadKind::token_classification:
      return "token classification";
    case HeadKind::embedding:
      return "sentence embedding";
    case HeadKind::masked_lm:
      return "masked language modelling";
  }
  return "";
}

bool is_task_head(HeadKind head) {
  return head != HeadKind::none && head != HeadKind::masked_lm;
}

}  // namespace transkimmer
