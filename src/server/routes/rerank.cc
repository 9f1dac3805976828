// Texts in the order in which they answer a query.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/strings/shortest_decimal.h"
#include "runtime/probabilities.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"

namespace transkimmer {
namespace {

struct RankedText {
  std::size_t index = 0;
  float score = 0;
};

/// Best first.
std::vector<RankedText> ranked(const std::vector<BatchedResult>& results, bool raw) {
  std::vector<RankedText> texts;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const float logit = results[i].logits.front();
    texts.push_back({i, raw ? logit : sigmoid(logit)});
  }
  std::ranges::stable_sort(texts, [](const RankedText& a, const RankedText& b) { return a.score > b.score; });
  return texts;
}

/// A model with one score: a classifier of one label is taken for a reranker.
void require_reranker(const RouteContext& context) {
  context.model.require({HeadKind::reranking, HeadKind::regression}, "a re-ranker");
}

void add_pairs(const RouteContext& context, const std::string& query, const std::vector<std::string>& texts,
               Planning& planning) {
  planning.count_characters(query);
  for (const std::string& text : texts)
    planning.add(context.model.encode(TextOrPair{.text = query, .pair = text}, planning.cut()), text);
}

}  // namespace

Plan plan_rerank(const RouteContext& context, const RequestFields& fields) {
  require_reranker(context);
  const std::string query = fields.required_string("query");
  const auto texts = std::make_shared<const std::vector<std::string>>(fields.list_of_texts("texts"));
  const bool raw = fields.boolean("raw_scores", false), with_text = fields.boolean("return_text", false);
  Planning planning(context, fields);
  planning.admit(texts->size(), true, "texts");
  add_pairs(context, query, *texts, planning);
  return planning.finish([texts, raw, with_text](std::vector<BatchedResult>& results) {
    OrderedJson list = OrderedJson::array();
    for (const RankedText& each : ranked(results, raw)) {
      OrderedJson object = {{"index", each.index}};
      if (with_text) object["text"] = (*texts)[each.index];
      object["score"] = shortest_decimal(each.score);
      list.push_back(std::move(object));
    }
    return json_response(list);
  });
}

/// As Cohere and Jina have it.
Plan plan_rerank_documents(const RouteContext& context, const RequestFields& fields) {
  require_reranker(context);
  const std::string query = fields.required_string("query");
  const auto texts = std::make_shared<const std::vector<std::string>>(fields.documents("documents"));
  const bool with_text = fields.boolean("return_documents", false);
  const auto top = static_cast<std::size_t>(fields.integer("top_n", 1, 1 << 30).value_or(1 << 30));
  Planning planning(context, fields);
  planning.admit(texts->size(), true, "documents");
  add_pairs(context, query, *texts, planning);
  return planning.finish([texts, with_text, top,
                          &name = context.options.served_model_name](std::vector<BatchedResult>& results) {
    OrderedJson list = OrderedJson::array();
    std::size_t tokens = 0;
    for (const BatchedResult& result : results) tokens += result.skimmed_at.size();
    for (const RankedText& each : ranked(results, false)) {
      if (list.size() == top) break;
      OrderedJson object = {{"index", each.index}, {"relevance_score", shortest_decimal(each.score)}};
      if (with_text) object["document"] = {{"text", (*texts)[each.index]}};
      list.push_back(std::move(object));
    }
    return json_response({{"model", name},
                          {"results", list},
                          {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
  });
}

}  // namespace transkimmer
