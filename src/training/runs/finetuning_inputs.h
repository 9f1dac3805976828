#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "training/runs/finetuning.h"

namespace transkimmer {

/// Both splits as texts, and the task they belong to.
struct FinetuningTexts {
  Task task;
  Dataset train;
  std::optional<Dataset> dev;
  bool compared = false;    ///< an embedder learns: `dev` has pairs that are compared by their vectors
  std::string prompt = {};  ///< before each text of an embedder
};

/// Reads the data that the options name, their seed choosing the samples where they are limited. Throws
/// UsageError, IoError, FormatError.
FinetuningTexts load_texts(const FinetuningOptions& options, const NoticeHandler& notices);

/// The configuration to train: the directory's own with the task's head and labels, and skimming as asked
/// for.
ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts,
                              const NoticeHandler& notices);

/// --class-weights, [labels]: `balanced` as scikit-learn has it (examples / labels / examples of the label),
/// or those of the file. Empty where there are none. Throws UsageError for a head that tells no classes apart
/// and for labels without examples, FormatError and IoError of files.
std::vector<double> class_weights(const FinetuningOptions& options, const Dataset& train,
                                  const ModelConfig& config);

/// The head of the teacher that alone says what is answered (--unlabelled); nothing where files do. Throws
/// IoError, FormatError.
std::optional<HeadKind> teaching_head(const FinetuningOptions& options);

/// The end that fine-tuning has whatever is learnt: run_training, and what it leaves. Throws as that does.
FinetuningResult run_finetuning(Trainer& trainer, const FinetuningOptions& options, FinetuningPlan plan,
                                const FinetuningEvents& events);

}  // namespace transkimmer
