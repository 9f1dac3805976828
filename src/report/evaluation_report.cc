#include "report/evaluation_report.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/escaping.h"
#include "base/strings/numbers.h"

namespace transkimmer {
namespace {

/// Of the model's own time: texts or windows, and their tokens as they enter it.
struct Throughput {
  double tokens = 0, sequences = 0;  ///< per second
};

Throughput throughput(const Evaluation& evaluation) {
  const auto per_second = [&](std::size_t count) {
    return static_cast<double>(count) / evaluation.run.seconds;
  };
  return {per_second(evaluation.tokens),
          per_second(evaluation.windows > 0 ? evaluation.windows : evaluation.examples)};
}

std::string padding_rule(const Evaluation& evaluation) {
  return fmt::format("the longest of each batch of {}", evaluation.padded_batch);
}

double ratio(Macs dense, Macs run) {
  return static_cast<double>(dense.count) / static_cast<double>(run.count);
}

std::string scores_line(const Evaluation& evaluation) {
  std::string text;
  for (const auto& [name, value] : evaluation.scores) {
    // Counts are whole; what is left are shares, percentages and thresholds.
    const bool count = name.ends_with("total");
    text += fmt::format("  {:<22}{:.{}f}", name, value, count ? 0 : 4);
    if (count) {
      text += '\n';
      continue;
    }
    const auto dense = evaluation.dense_scores.find(name);
    if (dense != evaluation.dense_scores.end())
      text += fmt::format("   dense, same weights {:.4f}", dense->second);
    text += '\n';
  }
  if (evaluation.scores.empty()) text = "  nothing to score: the data has no labels\n";
  return text;
}

std::string kept_line(const Evaluation& evaluation) {
  std::string text =
      fmt::format("  {:<22}{:.1f} %   per layer", "tokens kept", 100 * evaluation.kept_fraction());
  for (const double fraction : evaluation.kept_fraction_per_layer())
    text += fmt::format(" {:.1f}", 100 * fraction);
  return text + '\n';
}

std::string macs_lines(const Evaluation& evaluation) {
  const Macs run = evaluation.run.macs;
  std::string text =
      fmt::format("  {:<22}{}\n  {:<22}{} ({:.2f} times as many)\n  {:<22}{} ({:.2f} times; padded to {})\n",
                  "MACs", with_prefix(static_cast<double>(run.count)), "  dense, unpadded",
                  with_prefix(static_cast<double>(evaluation.dense_unpadded.count)),
                  ratio(evaluation.dense_unpadded, run), "  dense, padded",
                  with_prefix(static_cast<double>(evaluation.dense_padded.count)),
                  ratio(evaluation.dense_padded, run), padding_rule(evaluation));
  if (evaluation.run.computed == run) return text;
  return text + fmt::format("  {:<22}{} (dense, unpadded {}, {:.2f} times as many)\n", "MACs really computed",
                            with_prefix(static_cast<double>(evaluation.run.computed.count)),
                            with_prefix(static_cast<double>(evaluation.dense_computed.count)),
                            ratio(evaluation.dense_computed, evaluation.run.computed));
}

std::string seconds_lines(const Evaluation& evaluation, const EvaluationContext& context) {
  const double own = evaluation.run.seconds;
  const Throughput rate = throughput(evaluation);
  std::string text = fmt::format("  {:<22}{:.3f} s ({:.0f} tokens/s, {:.1f} sequences/s)\n", "model", own,
                                 rate.tokens, rate.sequences);
  if (evaluation.dense) {
    text += fmt::format("  {:<22}{:.3f} s ({:.2f} times as long)\n", "  dense, unpadded",
                        evaluation.dense->seconds, evaluation.dense->seconds / own);
    text += fmt::format("  {:<22}{:.3f} s ({:.2f} times as long)\n", "  dense, padded",
                        evaluation.dense_padded_seconds, evaluation.dense_padded_seconds / own);
  }
  return text + fmt::format("  {:<22}{:.3f} s\n", "tokenization", context.tokenization_seconds);
}

}  // namespace

std::string with_prefix(double count) {
  constexpr std::array<const char*, 7> kPrefixes = {"", " k", " M", " G", " T", " P", " E"};
  // Rounded before the prefix is chosen: 999.96 is 1 k, not 1000.
  count = parse_real(fmt::format("{:.3e}", count)).value_or(count);
  std::size_t prefix = 0;
  for (; count >= 1000 && prefix + 1 < kPrefixes.size(); ++prefix) count /= 1000;
  return fmt::format("{:.4g}{}", count, kPrefixes[prefix]);
}

nlohmann::ordered_json evaluation_json(const Evaluation& evaluation, const EvaluationContext& context) {
  nlohmann::ordered_json json = {
      {"task", context.task},
      {"split", context.split},
      {"examples", evaluation.examples},
      {"metrics", evaluation.scores},
      {"skimming",
       {{"enabled", context.skimming},
        {"threshold", context.threshold},
        {"kept_fraction", evaluation.kept_fraction()},
        {"kept_fraction_per_layer", evaluation.kept_fraction_per_layer()}}},
      {"macs",
       {{"run", evaluation.run.macs.count},
        {"dense_unpadded", evaluation.dense_unpadded.count},
        {"dense_padded", evaluation.dense_padded.count},
        {"padded_to", padding_rule(evaluation)},
        {"computed",
         {{"run", evaluation.run.computed.count}, {"dense_unpadded", evaluation.dense_computed.count}}}}},
      {"seconds",
       {{"model", evaluation.run.seconds},
        {"tokenization", context.tokenization_seconds},
        {"total", context.tokenization_seconds + evaluation.run.seconds}}},
      {"tokens", evaluation.tokens},
      {"tokens_per_second", throughput(evaluation).tokens},
      {"sequences_per_second", throughput(evaluation).sequences},
      {"threads", context.threads},
      {"precision", context.precision},
      {"hardware", context.hardware}};
  if (evaluation.windows > 0) json["windows"] = evaluation.windows;
  if (evaluation.dense) {
    json["dense"] = {{"metrics", evaluation.dense_scores},
                     {"seconds", evaluation.dense->seconds},
                     {"seconds_padded", evaluation.dense_padded_seconds}};
  }
  return json;
}

std::string evaluation_table(const Evaluation& evaluation, const EvaluationContext& context) {
  std::string text = fmt::format(
      "{}, {}: {} examples{}, {} tokens\n", context.task, escaped(context.split), evaluation.examples,
      evaluation.windows > 0 ? fmt::format(" in {} windows", evaluation.windows) : "", evaluation.tokens);
  text += scores_line(evaluation);
  if (context.skimming) text += kept_line(evaluation);
  text += macs_lines(evaluation);
  text += seconds_lines(evaluation, context);
  return text + fmt::format("  {} {}, {}, {}\n", context.threads, context.threads == 1 ? "thread" : "threads",
                            context.precision, context.hardware);
}

}  // namespace transkimmer
