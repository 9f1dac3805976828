#pragma once

#include "training/finetuning.h"

namespace transkimmer {

/// Whether the options name a task whose answers are passages. Throws UsageError for an unknown task.
bool is_question_answering(const DataOptions& options);

/// finetune() for such a task, directories already checked.
FinetuningResult finetune_questions(const FinetuningOptions& options, const FinetuningEvents& events);

}  // namespace transkimmer
