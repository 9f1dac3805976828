#include "commands/evaluate_options.h"

#include <string_view>

#include <fmt/format.h>

#include "base/hardware.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

ProgressOptions line_of(std::size_t total, const std::string& unit) {
  ProgressOptions line;
  line.total = static_cast<std::int64_t>(total);
  line.title = "evaluating";
  line.unit = unit;
  return line;
}

HeadKind head_for(TaskKind kind) {
  switch (kind) {
    case TaskKind::regression:
      return HeadKind::regression;
    case TaskKind::question_answering:
      return HeadKind::question_answering;
    case TaskKind::classification:
      break;
  }
  return HeadKind::classification;
}

}  // namespace

EvaluationProgress::EvaluationProgress(std::size_t total, const std::string& unit)
    : line_(line_of(total, unit)) {}

std::function<void(std::size_t, std::size_t)> EvaluationProgress::callback() {
  return [this](std::size_t done, std::size_t) { line_.update(static_cast<std::int64_t>(done)); };
}

void check_model_kind(const std::filesystem::path& model, HeadKind head, const Task& task) {
  const HeadKind wanted = head_for(task.kind);
  if (head != wanted)
    throw UsageError(fmt::format("{} is a {} model, but {} is a {} task", model.string(), name_of(head),
                                 task.name, name_of(wanted)));
}

std::optional<Engine> load_dense(const EvaluateOptions& options, const Engine& engine) {
  if (!options.compare || !engine.skimming()) return std::nullopt;
  EngineOptions dense = options.engine;
  dense.skimming = false;
  return Engine::load(options.model, dense);
}

EvaluationContext context_of(const Engine& engine) {
  EvaluationContext context;
  context.skimming = engine.skimming();
  context.threshold = engine.skim_threshold();
  context.threads = engine.threads();
  context.precision = name_of(engine.precision());
  context.hardware = hardware_description();
  return context;
}

}  // namespace transkimmer
