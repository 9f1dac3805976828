#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/notice.h"
#include "model_files/config/model_config.h"
#include "runtime/pass/prepared_model.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// The inference engine: a model whose weights are packed for this machine. Immutable after loading; `run`
/// may be called from several threads at once. The result for a sequence does not depend on what else is in
/// the batch, nor on the number of threads (up to floating-point rounding).
class Engine {
 public:
  /// Reads config.json and the weights of a Hugging Face directory; an encoder without a task head runs its
  /// layers alone. Notices: a model trained with `original`
  /// semantics (removal differs from how it was trained); a model without predictors when skimming was asked
  /// for; a precision that this machine has no instructions for, which falls back to f32. Throws IoError,
  /// FormatError; UsageError for options out of range.
  static Engine load(const std::filesystem::path& directory, const EngineOptions& options,
                     const NoticeHandler& notices = {});
  /// The same where the directory's config.json was read already.
  static Engine load(const std::filesystem::path& directory, ModelConfig config, const EngineOptions& options,
                     const NoticeHandler& notices = {});
  /// The same model, its packed weights and its threads shared, skimming at another threshold; a model that
  /// does not skim stays as it is. Throws UsageError when `threshold` is not a number.
  Engine at_threshold(double threshold) const;
  /// The same model, shared alike, that skims nothing and spends nothing on its predictors.
  Engine without_skimming() const;
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  /// Throws UsageError naming the sequence for an id outside the vocabulary, a type id outside its table, an
  /// empty sequence, one longer than the position table, or a threshold that is no number; Error when the
  /// model computes a logit that is not finite or a skim margin that is no number. An engine without skimming
  /// skims in no pass, but for what `options.keep` decides: then the predictors run for the margins that it
  /// is given (see KeepDecision).
  BatchResult run(const RaggedBatch& batch, const PassOptions& options = {}) const;

  /// Runs a batch as `run` does and says where its time went. Taking times costs some microseconds a layer.
  Profile profile(const RaggedBatch& batch, PassOptions options = {}) const;

  const ModelConfig& config() const;
  const ModelSpec& spec() const;
  /// Predictors present and not switched off.
  bool skimming() const;
  double skim_threshold() const;
  int threads() const;
  /// What the products really run in; never `automatic`.
  Precision precision() const;

 private:
  struct Loaded;
  Engine(std::shared_ptr<const Loaded> loaded, double threshold, bool skimming);

  std::shared_ptr<const Loaded> loaded_;  ///< shared by engines that differ in how they skim alone
  double threshold_ = 0;
  bool skimming_ = false;
};

}  // namespace transkimmer
