#pragma once

#include <cstddef>
#include <optional>

#include "training/runs/finetuning.h"

namespace transkimmer {

/// The options with what `finetune` takes where nothing is said: a model that skims is steered to half of the
/// dense model's arithmetic, unless a coefficient or the published semantics say how it is to skim. Throws
/// UsageError for options that do not go together.
FinetuningOptions with_usual_budget(FinetuningOptions options);

/// How many of `examples` are held back from learning, to set the threshold by; 0 without a budget.
std::size_t held_back_count(const FinetuningOptions& options, std::size_t examples);

/// Throws UsageError, with the least share that can be reached, where that is above
/// config.skim.target_compute.
void require_reachable(const ModelConfig& config, const EncodedDataset& texts);

/// The teacher of a run: the one that is named, or the model to begin with where that solves the task and
/// skims nothing yet; none for runs that do not skim unless one is named. Throws UsageError, IoError,
/// FormatError.
std::optional<Teacher> teacher_of(const FinetuningOptions& options, const ModelConfig& config,
                                  const NoticeHandler& notices);

}  // namespace transkimmer
