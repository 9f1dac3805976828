#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "evaluation/evaluate.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// What `demo` begins with, and where it leaves its models.
struct DemonstrationOptions {
  std::filesystem::path directory;  ///< existing; receives the two models, `dense` and `skimmed`
  int threads = 0;                  ///< 0: all processors
  std::uint64_t seed = 42;
  /// A pretrained encoder to begin with. Empty: random weights, and a vocabulary made from the documents.
  std::filesystem::path encoder;
  std::size_t test_examples = 1000;
};

/// What `demo` tells while it runs.
struct DemonstrationEvents {
  /// A part begins: "training the dense model", ...
  std::function<void(const std::string& what)> on_stage;
  std::function<void(const ProgressReport&)> on_step;
  std::function<bool()> should_stop;
};

/// Both models over the same held-out documents. In `evaluation`, `run` is the skimmed model and `dense` the
/// model trained without skimming.
struct DemonstrationResult {
  Evaluation evaluation;
  int threads = 0;
  double seconds = 0;  ///< all of it, training included
};

/// Generates labelled documents, trains a small dense encoder on them, fine-tunes it with skimming, and runs
/// both over held-out documents with the engine. Needs no network, and no files but the encoder's. Throws
/// UsageError, IoError; Error when stopped.
DemonstrationResult demonstrate(const DemonstrationOptions& options, const DemonstrationEvents& events);

}  // namespace transkimmer
