#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/notice.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/loop/trainer_state.h"
#include "training/network/model.h"
#include "training/optimizer/optimizer.h"

namespace transkimmer {

/// What a checkpoint holds besides the state: references to what is being trained.
struct Trained {
  TrainingModel& model;
  AdamW& optimizer;
};

/// Where checkpoints go, and which are kept.
struct CheckpointPlace {
  std::filesystem::path output_dir;
  const TokenizerFiles* tokenizer = nullptr;  ///< null: none are written
  std::size_t keep = 1;                       ///< older checkpoint-STEP folders are removed; at least 1
};

/// Writes output_dir/checkpoint-STEP (model, tokenizer, optimizer.safetensors, trainer_state.json) under
/// another name, renames it, and only then removes older ones and what is left of half-written ones. Returns
/// its path. Throws IoError, after which nothing half-written is left.
std::filesystem::path save_checkpoint(const Trained& trained, const TrainerState& state,
                                      const CheckpointPlace& place);

/// Restores weights and moments and returns the state. Throws IoError or FormatError naming the file.
TrainerState load_checkpoint(const std::filesystem::path& directory, const Trained& trained);

/// Every checkpoint-STEP folder, the one with the highest STEP first; none, where there is no such directory.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& output_dir);

/// The first of them.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& output_dir);

/// The first of them that a run can go on from: whole as far as can be seen without reading every number. A
/// notice says of each before it what is wrong with it.
std::optional<std::filesystem::path> latest_usable_checkpoint(const std::filesystem::path& output_dir,
                                                              const NoticeHandler& notices);

/// The file in output_dir where pretraining keeps its text as token ids.
inline constexpr const char* kUsualTokenFile = "corpus.tokens";

/// Whether a run may begin in `output_dir` without a loss: a run that did not finish has left what is there
/// (a checkpoint, usable or not, or the trainer_state.json of its last evaluation), or nothing in it is such
/// as a run writes, a log for example.
bool is_left_by_a_run(const std::filesystem::path& output_dir);

/// Removes every checkpoint-STEP folder, half-written ones included: a new run must not mistake them for its
/// own.
void remove_checkpoints(const std::filesystem::path& output_dir);

}  // namespace transkimmer
