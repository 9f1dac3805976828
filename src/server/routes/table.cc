
#include "server/routes/route.h"

namespace transkimmer {
namespace {

/// POST / and /invocations: what the model's head is for.
Plan plan_by_head(const RouteContext& context, const RequestFields& fields) {
  switch (context.model.head()) {
    case HeadKind::classification:
    case HeadKind::multi_label:
      return plan_predict(context, fields);
    case HeadKind::regression:
    case HeadKind::reranking:
      return plan_rerank(context, fields);
    case HeadKind::token_classification:
      return plan_ner(context, fields);
    case HeadKind::question_answering:
      return plan_answer(context, fields);
    default:
      return plan_embed(context, fields);
  }
}

constexpr ErrorShape kPlain = ErrorShape::plain, kOpenAi = ErrorShape::openai;
constexpr RequestKind kOther = RequestKind::other, kEmbed = RequestKind::embed,
                      kPredict = RequestKind::predict;
constexpr bool kOpen = false, kGuarded = true;

constexpr Route kRoutes[] = {
    {"GET", "/health", kPlain, kOpen, kOther, plan_health},
    {"GET", "/ping", kPlain, kOpen, kOther, plan_health},
    {"GET", "/", kPlain, kOpen, kOther, plan_health},
    {"GET", "/metrics", kPlain, kOpen, kOther, plan_metrics},
    {"GET", "/info", kPlain, kGuarded, kOther, plan_info},
    {"POST", "/", kPlain, kGuarded, kOther, plan_by_head},
    {"POST", "/invocations", kPlain, kGuarded, kOther, plan_by_head},
    {"POST", "/embed", kPlain, kGuarded, kEmbed, plan_embed},
    {"POST", "/embed_all", kPlain, kGuarded, kEmbed, plan_embed_all},
    {"POST", "/embed_sparse", kPlain, kGuarded, kEmbed, plan_embed_sparse},
    {"POST", "/similarity", kPlain, kGuarded, kEmbed, plan_similarity},
    {"POST", "/v1/embeddings", kOpenAi, kGuarded, kEmbed, plan_openai_embeddings},
    {"POST", "/embeddings", kOpenAi, kGuarded, kEmbed, plan_openai_embeddings},
    {"POST", "/predict", kPlain, kGuarded, kPredict, plan_predict},
    {"POST", "/rerank", kPlain, kGuarded, kPredict, plan_rerank},
    {"POST", "/v1/rerank", kOpenAi, kGuarded, kPredict, plan_rerank_documents},
    {"POST", "/v2/rerank", kOpenAi, kGuarded, kPredict, plan_rerank_documents},
    {"POST", "/tokenize", kPlain, kGuarded, kOther, plan_tokenize},
    {"POST", "/decode", kPlain, kGuarded, kOther, plan_decode},
    {"POST", "/ner", kPlain, kGuarded, kPredict, plan_ner},
    {"POST", "/answer", kPlain, kGuarded, kPredict, plan_answer},
    {"POST", "/explain", kPlain, kGuarded, kOther, plan_explain},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace transkimmer
