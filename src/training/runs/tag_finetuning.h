#pragma once

#include "training/runs/finetuning.h"

namespace transkimmer {

/// Whether what is to be learnt are labels of tokens: the options say so, or a file that only holds such, or
/// a teacher of --unlabelled texts. Of a teacher's directory throws IoError and FormatError.
bool is_token_classification(const FinetuningOptions& options);

/// Throws UsageError for options that do not go with labels of tokens.
void check_tag_options(const FinetuningOptions& options);

/// finetune() for labels of tokens, directories already checked.
FinetuningResult finetune_tags(const FinetuningOptions& options, const FinetuningEvents& events);

}  // namespace transkimmer
