#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/notice.h"
#include "features/corpora/masking.h"
#include "features/corpora/packed_blocks.h"
#include "training/loop/trainer.h"
#include "training/runs/run_setup.h"

namespace transkimmer {

/// What `pretrain` is told.
struct PretrainingOptions : RunOptions {
  std::vector<std::filesystem::path> data;  ///< files and directories of plain text (see TextCorpus)
  /// Where the text lies as token ids; made from `data` when it is not there. Empty: in output_dir.
  std::filesystem::path token_file;
  double held_out_fraction = 0.005;  ///< of the documents, for perplexity
  /// long_length 0: 512, or what the position table allows.
  BlockShape blocks = {.max_length = 128, .long_length = 0, .long_fraction = 0.125};
  MaskingRule masking;
  std::int64_t max_tokens = 0;  ///< > 0: so many tokens, rounded up to whole steps, in place of epochs
};

/// What is about to be trained, told once before the first step.
struct PretrainingPlan : RunPlan {
  std::uint64_t documents = 0;
  std::uint64_t tokens = 0;  ///< of one pass over the text
  std::uint64_t held_out_tokens = 0;
};

/// What `pretrain` tells while it runs.
struct PretrainingEvents {
  TrainingEvents training;  ///< should_stop is asked while tokenising too
  NoticeHandler notices;
  /// While text becomes token ids: bytes read, of how many.
  std::function<void(std::uint64_t read, std::uint64_t total)> on_tokenization;
  std::function<void(const PretrainingPlan&)> on_start;
};

/// What `pretrain` ended with.
struct PretrainingResult {
  TrainingResult training;
  PretrainingPlan plan;
};

/// The whole of `pretrain`: reads model and text, trains a masked language model, and leaves a Hugging Face
/// directory (BertForMaskedLM or RobertaForMaskedLM) in output_dir. Throws UsageError, IoError, FormatError.
PretrainingResult pretrain(const PretrainingOptions& options, const PretrainingEvents& events);

}  // namespace transkimmer
