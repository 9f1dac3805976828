#pragma once

#include <string>

#include "model_files/safetensors/safetensors.h"
#include "model_files/weights/model_weights.h"
#include "support/golden.h"
#include "training/network/model.h"

namespace transkimmer::test {

/// A fixture of tests/data/golden with its tensors as libtorch's.
class GoldenTensors {
 public:
  explicit GoldenTensors(const std::string& name);
  Tensor at(const std::string& name) const;
  double value(const std::string& name) const;
  bool contains(const std::string& name) const { return file_.tensors().contains(name); }
  const SafetensorsFile& file() const { return file_; }

 private:
  SafetensorsFile file_;
};

struct GoldenModelOptions {
  std::string architecture;  ///< "bert" or "roberta"
  std::string task = "cls";  ///< "cls" or "qa"
  bool regression = false;   ///< one label: the first row of the classifier
  SkimSemantics semantics = SkimSemantics::original;
};

/// The model that computed the fixtures.
TrainingModel golden_model(const GoldenModelOptions& options);
/// What it was run on.
PaddedBatch golden_batch(const std::string& architecture);

/// Largest absolute difference.
double distance(const Tensor& actual, const Tensor& expected);

}  // namespace transkimmer::test
