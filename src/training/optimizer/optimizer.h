#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "training/optimizer/lazy_table.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// Where epsilon enters. By Hugging Face's names for `optim`.
enum class AdamWForm {
  torch,  ///< adamw_torch: m' / (sqrt(v') + epsilon), as torch.optim.AdamW; m' and v' are corrected for their
          ///< bias
  hf  ///< adamw_hf: m / (sqrt(v) + epsilon), corrected as a whole, as the published scripts have it; in first
      ///< steps its epsilon weighs up to 30 times as much
};
/// "adamw_torch" or "adamw_hf".
std::string_view name_of(AdamWForm form);

/// Settings of AdamW, as torch.optim.AdamW has them.
struct AdamWOptions {
  AdamWForm form = AdamWForm::hf;
  double learning_rate = 2e-5;
  double predictor_learning_rate = 2e-5;  ///< of the skim predictors
  double weight_decay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-6;
  /// The published rule leaves out names containing "bias" or "LayerNorm.weight", and so decays the norms
  /// inside the skim predictors; false spares those too, since a decayed norm weight only fights the norm.
  bool decay_predictor_norms = false;
};

/// AdamW; decay follows the update. Rows of embedding tables that a step does not use are updated
/// later, with the same result: while an AdamW lives, Parameters::prepare_all comes before weights are read
/// from outside.
class AdamW {
 public:
  /// One weight with its running moments. `steps` is shared: every weight is updated at every step.
  struct Slot {
    const Parameters::Entry* entry;
    Tensor first_moment;   ///< exp_avg
    Tensor second_moment;  ///< exp_avg_sq
    double weight_decay;
    bool predictor;
  };

  /// `parameters` must outlive the optimiser.
  AdamW(const Parameters& parameters, const AdamWOptions& options);

  ~AdamW();
  AdamW(AdamW&&) noexcept;

  /// Updates every weight that has a gradient; learning rates are multiplied by `schedule_factor`.
  void step(double schedule_factor);

  /// With all weights and moments up to date.
  const std::vector<Slot>& slots() const;
  std::int64_t steps() const { return steps_; }
  /// After weights and moments were written from outside.
  void set_steps(std::int64_t steps);

 private:
  AdamWOptions options_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<LazyTable>> lazy_;  ///< of each slot; null for most
  std::int64_t steps_ = 0;
};

/// Whether weight decay applies to a weight.
bool is_decayed(const WeightSpec& spec, bool decay_predictor_norms);

/// 0 at step 0 rising to 1 at `warmup_steps`, then falling to 0 at `total_steps`: the factor for the update
/// that follows `step` finished ones.
double linear_schedule(std::int64_t step, std::int64_t warmup_steps, std::int64_t total_steps);

/// Whose gradients are clipped as one: those of predictors are small beside an encoder's, or far larger when
/// many tokens change sides.
enum class ClippedTogether { all, predictors, others };

/// Scales the gradients so that their joint Euclidean norm is at most `max_norm` (0: no limit).
/// Returns the norm before scaling.
double clip_gradients(const Parameters& parameters, double max_norm,
                      ClippedTogether which = ClippedTogether::all);

}  // namespace transkimmer
