// Labels of texts.

#include <algorithm>
#include <string>
#include <vector>

#include "base/strings/shortest_decimal.h"
#include "runtime/probabilities.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"

namespace transkimmer {
namespace {

std::vector<float> scores_of(HeadKind head, const std::vector<float>& logits, bool raw) {
  if (raw) return logits;
  if (head == HeadKind::classification) return probabilities_of(logits);
  return sigmoids_of(logits);  // one label, or several that hold or not each by itself
}

OrderedJson labels_json(const ModelConfig& config, const std::vector<float>& logits, bool raw) {
  const std::vector<float> scores = scores_of(config.head, logits, raw);
  std::vector<std::size_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  OrderedJson list = OrderedJson::array();
  for (const std::size_t i : order)
    list.push_back({{"score", shortest_decimal(scores[i])}, {"label", config.labels[i]}});
  return list;
}

}  // namespace

Plan plan_predict(const RouteContext& context, const RequestFields& fields) {
  context.model.require(
      {HeadKind::classification, HeadKind::multi_label, HeadKind::regression, HeadKind::reranking},
      "a classifier");
  const Several<TextOrPair> inputs = fields.texts_or_pairs("inputs");
  const bool raw = fields.boolean("raw_scores", false);
  Planning planning(context, fields);
  planning.admit(inputs.items.size(), inputs.listed);
  for (const TextOrPair& input : inputs.items) {
    if (input.pair) planning.count_characters(*input.pair);
    planning.add(context.model.encode(input, planning.cut()), input.text);
  }
  return planning.finish(
      [raw, listed = inputs.listed, &config = context.model.config()](std::vector<BatchedResult>& results) {
        if (!listed) return json_response(labels_json(config, results.front().logits, raw));
        OrderedJson lists = OrderedJson::array();
        for (const BatchedResult& result : results) lists.push_back(labels_json(config, result.logits, raw));
        return json_response(lists);
      });
}

}  // namespace transkimmer
