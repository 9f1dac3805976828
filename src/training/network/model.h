#pragma once

#include <cstdint>
#include <filesystem>

#include "base/notice.h"
#include "model_files/config/model_config.h"
#include "training/network/encoder.h"
#include "training/network/heads.h"
#include "training/network/initialization.h"
#include "training/network/losses.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// What a forward pass gives.
struct ModelOutput {
  EncoderOutput encoder;
  HeadOutput head;
};

/// How weights begin that no file has.
struct NewWeights {
  torch::Device device = torch::kCPU;
  std::uint64_t seed = 0;  ///< of the weights drawn at random
  Initialization initialization = Initialization::published;
};

/// Whether the directory holds a head that answers what `wanted` asks (the same kind and labels), and no
/// predictors: what `load` would take over whole. Throws IoError or FormatError.
bool has_trained_head(const std::filesystem::path& directory, const ModelConfig& wanted);

/// An encoder with skim predictors (config.skim.enabled) and a head, as trainable tensors.
class TrainingModel {
 public:
  /// Random weights throughout: N(0, initializer_range) for matrices, 0 for biases and the padding row,
  /// predictors that start by keeping everything.
  static TrainingModel from_scratch(const ModelConfig& config, const NewWeights& options);

  /// The weights of a Hugging Face directory. Pooler, predictors and head are taken where the files have what
  /// `config` asks for, whatever task the model was saved for; what they lack, or have in another shape or of
  /// other classes, starts fresh, with a notice for predictors and for the head. Throws IoError or
  /// FormatError.
  static TrainingModel load(const std::filesystem::path& directory, const ModelConfig& config,
                            const NewWeights& options, const NoticeHandler& notices);

  /// The encoder alone.
  EncoderOutput encode(const PaddedBatch& batch, const ForwardOptions& options) const {
    return encoder_.forward(batch, options);
  }
  /// In training, heads that read the first token alone imply options.first_token_only; for the others it has
  /// no effect.
  ModelOutput forward(const PaddedBatch& batch, const ForwardOptions& options,
                      EncoderTrace* trace = nullptr) const;

  /// The head alone, without dropout, on last states [B, S, H] without padding; one that reads the first
  /// token alone takes S = 1.
  HeadOutput head(const Tensor& hidden) const { return head_.forward({.hidden = hidden}, {}); }

  /// Writes config.json and model.safetensors into an existing directory.
  void save(const std::filesystem::path& directory) const;
  /// Overwrites all weights with those of a directory that `save` wrote.
  void restore(const std::filesystem::path& directory);

  const ModelConfig& config() const { return config_; }
  const ModelSpec& spec() const { return spec_; }
  /// Of all predictors from now on, and of what is saved.
  void set_skim_threshold(double threshold);
  const Parameters& parameters() const { return parameters_; }

 private:
  TrainingModel(const ModelConfig& config, Parameters parameters);

  ModelConfig config_;
  ModelSpec spec_;
  Parameters parameters_;
  Encoder encoder_;
  Head head_;
};

}  // namespace transkimmer
