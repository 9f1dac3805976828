#include "evaluation/mistakes.h"

#include <algorithm>
#include <ostream>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "base/strings/shortest_decimal.h"
#include "runtime/probabilities.h"

namespace transkimmer {
namespace {

struct Mistake {
  std::size_t example = 0;
  std::size_t predicted = 0;
  float score = 0;
};

std::vector<Mistake> mistakes_of(const ModelConfig& config, const Pass& pass,
                                 std::span<const double> labels) {
  const auto columns = static_cast<std::size_t>(config.num_labels());
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (pass.outputs[i] == labels[i]) continue;
    const auto predicted = static_cast<std::size_t>(pass.outputs[i]);
    const std::span<const float> logits = std::span(pass.logits).subspan(i * columns, columns);
    mistakes.push_back({i, predicted, probabilities_of(logits)[predicted]});
  }
  std::ranges::stable_sort(mistakes, [](const Mistake& a, const Mistake& b) { return a.score > b.score; });
  return mistakes;
}

}  // namespace

void write_mistakes(const std::filesystem::path& path, const ModelConfig& config, const Pass& pass,
                    const Dataset& dataset, std::span<const double> labels,
                    std::span<const std::size_t> indices) {
  const std::vector<Mistake> mistakes = mistakes_of(config, pass, labels);
  write_file_atomically(path, [&](std::ostream& out) {
    for (const Mistake& mistake : mistakes) {
      const Example& example = dataset.examples[mistake.example];
      nlohmann::ordered_json line = {{"index", indices[mistake.example]}, {"text", example.text}};
      if (example.text_pair) line["text_pair"] = *example.text_pair;
      line["label"] = config.labels[static_cast<std::size_t>(labels[mistake.example])];
      line["predicted"] = config.labels[mistake.predicted];
      line["score"] = shortest_decimal(mistake.score);
      out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }
  });
}

}  // namespace transkimmer
