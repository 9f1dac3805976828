#include "commands/training/training_narrator.h"

#include <chrono>
#include <iostream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/program/output.h"

namespace transkimmer {

std::string percent(double fraction) {
  return fmt::format("{:.1f}%", 100 * fraction);
}

TrainingEvents TrainingNarrator::events(const InterruptGuard& guard) {
  return {.on_step = [this](const ProgressReport& report) { step(report); },
          .on_log = {},
          .on_evaluation = [this](const ProgressReport& report, const EvaluationReport& scores,
                                  bool best) { evaluated(report, scores, best); },
          .on_checkpoint = {},
          .should_stop = [&guard] { return guard.interrupted(); }};
}

void TrainingNarrator::start(const std::string& data, const RunPlan& plan) {
  skimming_ = plan.config.skim.enabled;
  std::cerr << fmt::format("{}; {} parameters, {} steps{}\n", data,
                           with_separators(static_cast<std::uint64_t>(plan.parameters)), plan.total_steps,
                           plan.first_step > 0 ? fmt::format(", {} of them done", plan.first_step) : "");
  line_.emplace(ProgressOptions{.total = plan.total_steps,
                                .first_step = plan.first_step,
                                .title = {},
                                .unit = {},  // examples/s and tokens/s say more
                                .now = std::chrono::steady_clock::now});
}

void TrainingNarrator::finish() {
  if (line_) line_->finish();
}

void TrainingNarrator::step(const ProgressReport& report) {
  // A single batch's loss jumps; show a slowly moving mean.
  const double weight = started_ ? 0.05 : 1.0;
  started_ = true;
  loss_ += weight * (report.task_loss - loss_);
  kept_ += weight * (report.kept_fraction - kept_);
  line_->update(report.step, details(report));
}

std::string TrainingNarrator::details(const ProgressReport& report) const {
  std::string text = fmt::format("loss {:.3f}", loss_);
  if (skimming_) text += fmt::format("  kept {:.0f}%", 100 * kept_);
  // What a narrow terminal can best do without comes last.
  if (!last_score_.empty()) text += "  " + last_score_;
  return speed_ == Speed::examples ? text + fmt::format("  {:.0f} examples/s", report.examples_per_second)
                                   : text + fmt::format("  {:.0f} tokens/s", report.tokens_per_second);
}

void TrainingNarrator::evaluated(const ProgressReport& report, const EvaluationReport& scores, bool best) {
  std::string text = fmt::format("step {}, epoch {:.2f}:", report.step, report.epoch);
  for (const auto& [name, value] : scores.scores) text += fmt::format(" {} {:.4f},", name, value);
  if (scores.loss) text += fmt::format(" loss {:.4f},", *scores.loss);
  text.pop_back();
  if (skimming_) {
    std::vector<std::string> layers;
    for (const double kept : scores.kept_fraction_per_layer)
      layers.push_back(fmt::format("{:.0f}", 100 * kept));
    text += fmt::format(", tokens kept {} ({} by layer), MACs {}", percent(scores.kept_fraction),
                        fmt::join(layers, " "), percent(scores.compute_share));
  }
  if (best) text += ", saved";
  line_->interrupt_line();
  std::cerr << text << '\n';
  last_score_ = fmt::format("{} {:.4f}", scores.chief, scores.chief_score());
  line_->update(report.step, details(report));
}

}  // namespace transkimmer
