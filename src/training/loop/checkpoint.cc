#include "training/loop/checkpoint.h"

#include <algorithm>
#include <regex>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "base/files/file.h"
#include "base/strings/numbers.h"
#include "model_files/safetensors/safetensors.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/model_weights.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::string_view kFolderPrefix = "checkpoint-";
constexpr std::string_view kPartialSuffix = ".partial";
constexpr const char* kOptimizerFile = "optimizer.safetensors";

struct Folder {
  std::int64_t step;
  std::filesystem::path path;
};

/// All checkpoint-STEP folders, newest first.
std::vector<Folder> checkpoint_folders(const std::filesystem::path& output_dir) {
  std::vector<Folder> folders;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(output_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || !name.starts_with(kFolderPrefix)) continue;
    const auto step = parse_integer(std::string_view(name).substr(kFolderPrefix.size()));
    if (step) folders.push_back({*step, entry.path()});
  }
  std::ranges::sort(folders, [](const Folder& a, const Folder& b) { return a.step > b.step; });
  return folders;
}

void save_moments(const AdamW& optimizer, const std::filesystem::path& path) {
  std::vector<Tensor> values;
  std::vector<TensorToWrite> tensors;
  const auto add = [&](const std::string& name, const Tensor& moment,
                       const std::vector<std::int64_t>& shape) {
    values.push_back(moment.to(torch::kCPU).contiguous());
    const auto* data = static_cast<const std::byte*>(values.back().data_ptr());
    tensors.push_back({name, DType::f32, shape, {data, values.back().nbytes()}});
  };
  for (const auto& slot : optimizer.slots()) {
    add("exp_avg." + slot.entry->spec.name, slot.first_moment, slot.entry->spec.shape);
    add("exp_avg_sq." + slot.entry->spec.name, slot.second_moment, slot.entry->spec.shape);
  }
  write_safetensors(path, tensors);
}

void load_moment(const SafetensorsFile& file, const std::string& name, const Tensor& target) {
  const TensorView& stored = file.at(name);
  if (target.sizes() != torch::IntArrayRef(stored.shape)) {
    throw FormatError(file.path().string() + ": tensor '" + name +
                      "' has another shape than the model's weight");
  }
  const std::vector<float> values = to_floats(stored);
  target.copy_(torch::tensor(values, torch::kFloat32).view(target.sizes()));
}

void load_moments(const AdamW& optimizer, const std::filesystem::path& path) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  for (const auto& slot : optimizer.slots()) {
    load_moment(file, "exp_avg." + slot.entry->spec.name, slot.first_moment);
    load_moment(file, "exp_avg_sq." + slot.entry->spec.name, slot.second_moment);
  }
}

/// Keeps the newest `place.keep` up to `step`; later ones belong to a run that was cut and resumed before
/// them.
void remove_outdated(const CheckpointPlace& place, std::int64_t step) {
  std::size_t kept = 0;
  for (const Folder& folder : checkpoint_folders(place.output_dir)) {
    if (folder.step > step || kept++ >= std::max<std::size_t>(1, place.keep)) {
      remove_recursively(folder.path);
    }
  }
}

/// A folder of a checkpoint, or a file of the model: of processes that were killed, or whose disk was full.
bool is_half_written(const std::string& name) {
  static const std::regex temporary(R"(.+\.[0-9]+-[0-9]+\.tmp)");  // as write_file_atomically names it
  return (name.starts_with(kFolderPrefix) && name.ends_with(kPartialSuffix)) ||
         std::regex_match(name, temporary);
}

void remove_half_written(const std::filesystem::path& output_dir) {
  std::vector<std::filesystem::path> half_written;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(output_dir, ignored))
    if (is_half_written(entry.path().filename().string())) half_written.push_back(entry.path());
  for (const auto& path : half_written) std::filesystem::remove_all(path, ignored);
}

/// Under another name, then renamed.
std::filesystem::path write_checkpoint(const Trained& trained, const TrainerState& state,
                                       const CheckpointPlace& place) {
  const std::string name = std::string(kFolderPrefix) + std::to_string(state.global_step);
  const std::filesystem::path final_path = place.output_dir / name;
  const std::filesystem::path partial = place.output_dir / (name + std::string(kPartialSuffix));
  try {
    remove_recursively(partial);
    make_directory(partial);
    trained.model.save(partial);
    if (place.tokenizer != nullptr) place.tokenizer->write(partial);
    save_moments(trained.optimizer, partial / kOptimizerFile);
    save_trainer_state(state, partial);
    remove_recursively(final_path);
    std::filesystem::rename(partial, final_path);
  } catch (const std::filesystem::filesystem_error& error) {
    throw IoError(final_path.string() + ": cannot write the checkpoint: " + error.code().message());
  }
  return final_path;
}

}  // namespace

std::filesystem::path save_checkpoint(const Trained& trained, const TrainerState& state,
                                      const CheckpointPlace& place) {
  try {
    const std::filesystem::path path = write_checkpoint(trained, state, place);
    remove_outdated(place, state.global_step);
    remove_half_written(place.output_dir);
    return path;
  } catch (...) {
    remove_half_written(place.output_dir);
    throw;
  }
}

TrainerState load_checkpoint(const std::filesystem::path& directory, const Trained& trained) {
  TrainerState state = load_trainer_state(directory);
  trained.model.restore(directory);
  load_moments(trained.optimizer, directory / kOptimizerFile);
  trained.optimizer.set_steps(state.global_step);
  return state;
}

void remove_checkpoints(const std::filesystem::path& output_dir) {
  for (const auto& folder : checkpoints_in(output_dir)) remove_recursively(folder);
  remove_half_written(output_dir);
}

std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& output_dir) {
  std::vector<std::filesystem::path> paths;
  for (const Folder& folder : checkpoint_folders(output_dir)) paths.push_back(folder.path);
  return paths;
}

namespace {

/// Throws IoError or FormatError saying what of a checkpoint is missing or damaged.
void require_usable(const std::filesystem::path& checkpoint) {
  load_trainer_state(checkpoint);
  ModelConfig config = ModelConfig::load(checkpoint);
  ModelWeights::load(checkpoint, config, {});
  SafetensorsFile::open(checkpoint / kOptimizerFile);
}

/// What a run writes into its directory, and would overwrite there.
bool is_of_a_run(const std::string& name) {
  return name == "config.json" || name == kModulesFile || name.starts_with("model.safetensors") ||
         name.starts_with("pytorch_model.bin") || TokenizerFiles::is_one(name) || name == kTrainerStateFile;
}

enum class RunState { unknown, unfinished, finished };

/// What trainer_state.json beside the model says.
RunState state_of_run(const std::filesystem::path& output_dir) {
  if (!path_exists(output_dir / kTrainerStateFile)) return RunState::unknown;
  try {
    const TrainerState state = load_trainer_state(output_dir);
    return state.over() ? RunState::finished : RunState::unfinished;
  } catch (const FormatError&) {
    return RunState::unknown;
  }
}

}  // namespace

std::optional<std::filesystem::path> latest_usable_checkpoint(const std::filesystem::path& output_dir,
                                                              const NoticeHandler& notices) {
  for (const auto& folder : checkpoints_in(output_dir)) {
    try {
      require_usable(folder);
      return folder;
    } catch (const Error& error) {
      notify(notices, folder.string() + " cannot be gone on from: " + error.what());
    }
  }
  return std::nullopt;
}

bool is_left_by_a_run(const std::filesystem::path& output_dir) {
  const RunState state = state_of_run(output_dir);
  if (state != RunState::unknown) return state == RunState::unfinished;
  if (!checkpoints_in(output_dir).empty()) return true;
  std::error_code ignored;
  const std::filesystem::directory_iterator entries(output_dir, ignored);
  return std::none_of(begin(entries), end(entries), [](const std::filesystem::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    return is_of_a_run(name) && !is_half_written(name);
  });
}

std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& output_dir) {
  const auto folders = checkpoints_in(output_dir);
  if (folders.empty()) return std::nullopt;
  return folders.front();
}

}  // namespace transkimmer
