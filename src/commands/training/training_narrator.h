#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/interrupt.h"
#include "base/progress.h"
#include "training/runs/run_setup.h"

namespace transkimmer {

/// What a training run says on standard error while it goes on.
class TrainingNarrator {
 public:
  enum class Speed { examples, tokens };

  explicit TrainingNarrator(Speed speed) : speed_(speed) {}

  TrainingEvents events(const InterruptGuard& guard);

  /// Says what is about to be trained, `data` first, which a reader knows it by.
  void start(const std::string& data, const RunPlan& plan);
  void finish();

 private:
  void step(const ProgressReport& report);
  std::string details(const ProgressReport& report) const;
  void evaluated(const ProgressReport& report, const EvaluationReport& scores, bool best);

  Speed speed_;
  std::optional<ProgressLine> line_;
  std::string last_score_;
  bool skimming_ = false;
  bool started_ = false;
  double loss_ = 0;
  double kept_ = 0;
};

/// "12.3%"
std::string percent(double fraction);

}  // namespace transkimmer
