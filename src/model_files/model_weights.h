#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model_files/model_config.h"
#include "model_files/safetensors.h"

namespace transkimmer {

/// Canonical weight names are Hugging Face's without the leading "bert." / "roberta.":
/// "embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight",
/// "encoder.skim_predictors.0.predictor.1.weight", "pooler.dense.weight", "classifier.weight",
/// "classifier.out_proj.weight", "qa_outputs.weight".
enum class WeightGroup { encoder, predictor, pooler, head };

struct WeightSpec {
  std::string name;  ///< canonical
  std::vector<std::int64_t> shape;
  WeightGroup group = WeightGroup::encoder;
};

/// Every weight that a model of this configuration has, in a fixed order: embeddings, layers, predictors (when
/// config.skim.enabled), pooler (BERT classification and regression), head.
std::vector<WeightSpec> expected_weights(const ModelConfig& config);

/// The name in the file: with the "bert." / "roberta." prefix where Hugging Face has it.
std::string file_name_of(const WeightSpec& spec, const ModelConfig& config);

/// Checks what the architecture allows to be absent. Encoder weights never are.
struct WeightRequirements {
  bool predictors = true;  ///< when config.skim.enabled
  bool head = true;        ///< head and pooler
};

/// The weights of a model directory (`model.safetensors`, or the shards that `model.safetensors.index.json` lists),
/// by canonical name, with shapes checked against the configuration.
class ModelWeights {
 public:
  /// Sets config.skim (enabled, predictor_size) from the predictor tensors when config.json does not mention them
  /// (published code). Accepts names with and without prefix, and LayerNorm.gamma / beta.
  /// Throws IoError or FormatError naming file and tensor for a missing required weight, a wrong shape or a type that
  /// is not floating point. Predictors for only some of the layers are an error.
  static ModelWeights load(const std::filesystem::path& directory, ModelConfig& config,
                           const WeightRequirements& required);

  bool contains(std::string_view canonical_name) const;
  /// Throws FormatError naming the directory and the weight when absent.
  const TensorView& at(std::string_view canonical_name) const;
  std::vector<float> floats(std::string_view canonical_name) const { return to_floats(at(canonical_name)); }
  bool has_predictors() const { return has_predictors_; }
  bool has_head() const { return has_head_; }
  /// Tensors in the files that this configuration does not use (position_ids excepted).
  const std::vector<std::string>& unused() const { return unused_; }
  const std::vector<std::filesystem::path>& files() const { return file_paths_; }

 private:
  std::vector<std::shared_ptr<const SafetensorsFile>> files_;
  std::vector<std::filesystem::path> file_paths_;
  std::map<std::string, TensorView, std::less<>> weights_;
  std::vector<std::string> unused_;
  std::string origin_;
  bool has_predictors_ = false;
  bool has_head_ = false;
};

}  // namespace transkimmer
