#include "commands/evaluation/class_evaluation.h"

#include <fmt/format.h>

#include "base/files/file.h"
#include "evaluation/mistakes.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool tells_classes(const ModelConfig& config) {
  const HeadTraits& head = traits_of(config.head);
  return head.output == Output::labels && head.labels == LabelKind::one;
}

/// How much more the logit of `positive` is than the other one's: probabilities may round to equal ones.
std::vector<float> margins_of(const Pass& run, std::size_t positive) {
  std::vector<float> margins;
  for (std::size_t i = 0; i < run.logits.size(); i += 2)
    margins.push_back(run.logits[i + positive] - run.logits[i + 1 - positive]);
  return margins;
}

const char* first_given(const EvaluateOptions& options) {
  if (!options.confusion_svg.empty()) return "--confusion-svg";
  return options.error_analysis.empty() ? nullptr : "--error-analysis";
}

}  // namespace

std::optional<NamedClassReport> class_report_of(const ModelConfig& config, const EvaluatedTexts& texts,
                                                const Pass& run) {
  if (!tells_classes(config) || !texts.dataset.labelled) return std::nullopt;
  NamedClassReport named{.report = class_report(run.outputs, texts.encoded.labels, config.labels.size()),
                         .labels = config.labels};
  if (config.labels.size() != 2) return named;
  const auto positive = static_cast<std::size_t>(texts.positive_class);
  named.positive = config.labels[positive];
  std::vector<double> marks;
  for (const double label : texts.encoded.labels) marks.push_back(label == texts.positive_class ? 1 : 0);
  const std::vector<float> margins = margins_of(run, positive);
  named.roc_auc = roc_auc(margins, marks);
  named.average_precision = average_precision(margins, marks);
  return named;
}

void check_class_outputs(const EvaluateOptions& options, const ModelConfig& config) {
  const char* const given = first_given(options);
  if (given != nullptr && !tells_classes(config))
    throw UsageError(fmt::format("{} is for models that tell classes of texts, but {} is a {} model", given,
                                 options.model.string(), name_of(config.head)));
}

void write_class_outputs(const EvaluateOptions& options, const ModelConfig& config,
                         const EvaluatedTexts& texts, const Pass& run,
                         const std::optional<NamedClassReport>& report) {
  const char* const given = first_given(options);
  if (given == nullptr) return;
  if (!report)
    throw UsageError(fmt::format("{}: {} has no labels to compare with", given, texts.dataset.origin));
  if (!options.confusion_svg.empty()) write_file_atomically(options.confusion_svg, confusion_svg(*report));
  if (!options.error_analysis.empty())
    write_mistakes(options.error_analysis, config, run, texts.dataset, texts.encoded.labels, texts.indices);
}

}  // namespace transkimmer
