#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/pass/keep_decision.h"
#include "runtime/pass/profile.h"
#include "runtime/pass/ragged_batch.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// What one forward pass returns.
struct BatchResult {
  std::vector<float> logits;  ///< [sequences, labels]; [tokens, 2] (start, end) for question answering,
                              ///< [tokens, labels] for token classification and [tokens, vocabulary] for
                              ///< masked language modelling, of RaggedBatch::asked alone where it names
                              ///< some; [sequences, dimension] for embeddings; empty for an encoder without
                              ///< a task head
  std::vector<std::uint16_t>
      skimmed_at;                   ///< [tokens]: the layer whose predictor skimmed the token; layers = never
  std::vector<std::uint32_t> kept;  ///< [layers, sequences]: tokens that went through the layer; 0 of a
                                    ///< text that is done
  std::size_t margins_in_f32 = 0;   ///< in bf16 and int8 only those whose decision bf16 does not prove
};

/// How one pass runs a model that is loaded.
struct PassOptions {
  bool skimming = true;  ///< false: all tokens go through all layers, predictors unused
  /// Of sequences whose batch says nothing else; nothing: as an Engine was made, 0 for a PreparedModel.
  std::optional<double> skim_threshold = {};
  KeepDecision keep = {};           ///< decides in place of thresholds, where set
  OperationTimes* times = nullptr;  ///< where set, times are taken and added to it
};

/// A model made ready for one kind of processor: whole passes, so that what belongs together there can be
/// fused. Batches are ragged and were checked by the caller. `run` may be called from several threads at
/// once.
class PreparedModel {
 public:
  PreparedModel() = default;
  PreparedModel(const PreparedModel&) = delete;
  PreparedModel& operator=(const PreparedModel&) = delete;
  virtual ~PreparedModel() = default;

  /// Throws Error when a skim margin is no number.
  virtual BatchResult run(const RaggedBatch& batch, const PassOptions& options) const = 0;
  virtual int threads() const = 0;
  /// What the products really run in; never `automatic`.
  virtual Precision precision() const = 0;
};

}  // namespace transkimmer
