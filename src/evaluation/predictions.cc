#include "evaluation/predictions.h"

#include <ostream>
#include <string>

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

}  // namespace

void write_predictions(const std::filesystem::path& path, const ModelConfig& config, const Pass& pass,
                       std::span<const std::size_t> indices) {
  const bool one_score = config.head == HeadKind::regression || config.head == HeadKind::embedding;
  const auto labels = static_cast<std::size_t>(config.num_labels());
  write_file_atomically(path, [&](std::ostream& out) {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (one_score) {
        const auto score = static_cast<float>(pass.outputs[i]);
        out << fmt::format("{{\"index\":{},\"label\":{},\"scores\":[{}]}}\n", indices[i], score, score);
      } else {
        const std::span<const float> logits = std::span(pass.logits).subspan(i * labels, labels);
        const std::string& label = config.labels[static_cast<std::size_t>(pass.outputs[i])];
        out << fmt::format("{{\"index\":{},\"label\":{},\"scores\":[{}]}}\n", indices[i], in_json(label),
                           fmt::join(probabilities_of(logits), ","));
      }
    }
  });
}

}  // namespace transkimmer
