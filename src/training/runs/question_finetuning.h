#pragma once

#include "training/runs/finetuning.h"

namespace transkimmer {

/// Whether the options name a task whose answers are passages, or a teacher of --unlabelled questions. Throws
/// UsageError for an unknown task; of a teacher's directory IoError and FormatError.
bool is_question_answering(const FinetuningOptions& options);

/// finetune() for such a task, directories already checked.
FinetuningResult finetune_questions(const FinetuningOptions& options, const FinetuningEvents& events);

}  // namespace transkimmer
