#include "evaluation/predictions.h"

#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "runtime/probabilities.h"

namespace transkimmer {
namespace {

std::string in_json(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

/// The names of the labels whose logits are above 0, as a JSON array.
std::string labels_that_hold(const ModelConfig& config, std::span<const float> logits) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (logits[i] > 0) names.push_back(in_json(config.labels[i]));
  return fmt::format("[{}]", fmt::join(names, ","));
}

}  // namespace

void write_predictions(const std::filesystem::path& path, const ModelConfig& config, const Pass& pass,
                       std::span<const std::size_t> indices) {
  const LabelKind kind = traits_of(config.head).labels;
  const auto labels = static_cast<std::size_t>(config.num_labels());
  write_file_atomically(path, [&](std::ostream& out) {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (kind == LabelKind::number) {
        const auto score = static_cast<float>(pass.outputs[i]);
        out << fmt::format("{{\"index\":{},\"label\":{},\"scores\":[{}]}}\n", indices[i], score, score);
        continue;
      }
      const std::span<const float> logits = std::span(pass.logits).subspan(i * labels, labels);
      if (kind == LabelKind::set) {
        out << fmt::format("{{\"index\":{},\"labels\":{},\"scores\":[{}]}}\n", indices[i],
                           labels_that_hold(config, logits), fmt::join(sigmoids_of(logits), ","));
      } else {
        const std::string& label = config.labels[static_cast<std::size_t>(pass.outputs[i])];
        out << fmt::format("{{\"index\":{},\"label\":{},\"scores\":[{}]}}\n", indices[i], in_json(label),
                           fmt::join(probabilities_of(logits), ","));
      }
    }
  });
}

}  // namespace transkimmer
