#pragma once

#include <memory>

#include "model/model_spec.h"
#include "model_files/weights/model_weights.h"
#include "runtime/pass/prepared_model.h"

namespace transkimmer {

/// How a model is packed for the CPU.
struct CpuModelOptions {
  bool with_predictors = true;
  int threads = 1;
  Precision precision = Precision::f32;  ///< one that usable_precision returns
};

/// Packs the weights for this machine's processor; a model without a task head runs its layers alone.
std::unique_ptr<const PreparedModel> prepare_for_cpu(const ModelSpec& spec, const ModelWeights& weights,
                                                     const CpuModelOptions& options);

}  // namespace transkimmer
