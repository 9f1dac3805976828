#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/weight_specs.h"
#include "model_files/config/model_config.h"
#include "model_files/safetensors/safetensors.h"

namespace transkimmer {

/// The name in the file: as the architecture spells it, and with its prefix ("bert.") where Hugging Face has
/// it.
std::string file_name_of(const WeightSpec& spec, const ModelConfig& config);

/// What must be there. Encoder weights always must.
struct WeightRequirements {
  bool predictors = true;  ///< when config.skim.enabled
  /// Head and pooler. When false the head is about to be trained: one of other shapes (other labels) counts
  /// as absent, and tensors we do not know are unused instead of an error.
  bool head = true;
};

/// Tensors under the names of a file, and what keeps their bytes alive.
struct LoadedTensors {
  std::map<std::string, TensorView, std::less<>> tensors;
  std::vector<std::shared_ptr<const void>> owners;
  std::vector<std::filesystem::path> paths;
  /// Where a tensor comes from, as messages say it; `origin` for all that are not in `origins`.
  std::map<std::string, std::string, std::less<>> origins;
  std::string origin;

  /// Throws FormatError when another file has a tensor of this name.
  void add(const std::string& name, TensorView tensor, const std::filesystem::path& file);
};

/// The weights of a model directory (`model.safetensors`, or the shards that `model.safetensors.index.json`
/// lists), by canonical name, with shapes checked against the configuration.
class ModelWeights {
 public:
  /// Sets config.skim (enabled, predictor_size, semantics original) from the predictor tensors when
  /// config.json does not mention them (published code). Accepts names with and without prefix, and
  /// LayerNorm.gamma / beta. Throws IoError or FormatError naming file and tensor for a missing required
  /// weight, a wrong shape, a type that is not floating point, or a tensor of the encoder that this
  /// configuration does not have (such as a layer too many). Predictors for only some of the layers are an
  /// error.
  static ModelWeights load(const std::filesystem::path& directory, ModelConfig& config,
                           const WeightRequirements& required);
  /// The same for tensors that came another way.
  static ModelWeights match(LoadedTensors loaded, ModelConfig& config, const WeightRequirements& required);

  bool contains(std::string_view canonical_name) const;
  /// Valid as long as this object or a copy of it lives. Throws FormatError naming the file and the weight
  /// when absent.
  const TensorView& at(std::string_view canonical_name) const;
  std::vector<float> floats(std::string_view canonical_name) const { return to_floats(at(canonical_name)); }
  /// All predictors of an enabled config.skim are there.
  bool has_predictors() const { return has_predictors_; }
  /// Head and, where the head reads it, pooler are there. Never so for HeadKind::none.
  bool has_head() const { return has_head_; }
  /// Tensors in the files that this configuration does not use (position_ids and tied decoders excepted).
  const std::vector<std::string>& unused() const { return unused_; }
  /// Some of these are a pooler's.
  bool left_pooler() const { return left_pooler_; }
  const std::vector<std::filesystem::path>& files() const { return file_paths_; }

 private:
  std::vector<std::shared_ptr<const void>> owners_;
  std::vector<std::filesystem::path> file_paths_;
  std::map<std::string, TensorView, std::less<>> weights_;
  std::vector<std::string> unused_;
  std::string origin_;
  bool has_predictors_ = false;
  bool has_head_ = false;
  bool left_pooler_ = false;
};

}  // namespace transkimmer
