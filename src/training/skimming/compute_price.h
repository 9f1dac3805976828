#pragma once

#include <cstdint>

namespace transkimmer {

/// What steers a run to a share of the dense model's arithmetic. The gains suit losses of the order of 1,
/// which cross-entropy, squared error and distillation are.
struct ComputeTarget {
  double share = 1.0;         ///< of the dense MACs, at the end
  double ramp = 0.5;          ///< share of the steps over which the goal falls from 1 to that
  double memory_gain = 0.05;  ///< by how much a share above the goal raises the price for all steps to come
  double error_gain = 2.0;    ///< and that of the step itself
};

/// The price of arithmetic: what the loss adds for a dense model's worth of MACs. It is learnt (a Lagrangian
/// with a linear term, which remembers, and a quadratic one, which answers at once; as CoFi and ToP do), so
/// that the compute follows a goal which falls slowly: tokens then leave in the order of what they are worth,
/// not all at once. It may be negative, which holds back a model that skims ahead of the goal. A function of
/// what it observed: a resumed run has it from the trainer's state.
class ComputePrice {
 public:
  explicit ComputePrice(const ComputeTarget& target) : target_(target) {}

  /// The share to be at in step `step` of `total`.
  double goal(std::int64_t step, std::int64_t total) const;
  /// The price to pay where `share` is what the step computes.
  double price(double share, double goal) const;
  /// Learns from the share that a whole step computed.
  void observe(double share, double goal);

  double linear() const { return linear_; }
  void set_linear(double value) { linear_ = value; }
  const ComputeTarget& target() const { return target_; }

 private:
  ComputeTarget target_;
  double linear_ = 0;
};

}  // namespace transkimmer
