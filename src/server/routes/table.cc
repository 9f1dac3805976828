#include "server/routes/route.h"
#include "server/routes/schemas.h"

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
    {"GET", "/health", kPlain, kOpen, kOther, plan_health, &kHealthDocument},
    {"GET", "/ping", kPlain, kOpen, kOther, plan_health, &kHealthDocument},
    {"GET", "/", kPlain, kOpen, kOther, plan_page, &kPageDocument},
    {"GET", "/docs", kPlain, kOpen, kOther, plan_documents, &kDocumentsDocument},
    {"GET", "/api-doc/openapi.json", kPlain, kOpen, kOther, plan_openapi, &kOpenApiDocument},
    {"GET", "/metrics", kPlain, kOpen, kOther, plan_metrics, &kMetricsDocument},
    {"GET", "/info", kPlain, kGuarded, kOther, plan_info, &kInfoDocument},
    {"POST", "/", kPlain, kGuarded, kOther, plan_by_head, &kByHeadDocument},
    {"POST", "/invocations", kPlain, kGuarded, kOther, plan_by_head, &kByHeadDocument},
    {"POST", "/embed", kPlain, kGuarded, kEmbed, plan_embed, &kEmbedDocument},
    {"POST", "/embed_all", kPlain, kGuarded, kEmbed, plan_embed_all, &kEmbedAllDocument},
    {"POST", "/embed_sparse", kPlain, kGuarded, kEmbed, plan_embed_sparse, &kEmbedSparseDocument},
    {"POST", "/similarity", kPlain, kGuarded, kEmbed, plan_similarity, &kSimilarityDocument},
    {"POST", "/v1/embeddings", kOpenAi, kGuarded, kEmbed, plan_openai_embeddings, &kOpenAiEmbeddingsDocument},
    {"POST", "/embeddings", kOpenAi, kGuarded, kEmbed, plan_openai_embeddings, &kOpenAiEmbeddingsDocument},
    {"POST", "/predict", kPlain, kGuarded, kPredict, plan_predict, &kPredictDocument},
    {"POST", "/rerank", kPlain, kGuarded, kPredict, plan_rerank, &kRerankDocument},
    {"POST", "/v1/rerank", kOpenAi, kGuarded, kPredict, plan_rerank_documents, &kRerankDocumentsDocument},
    {"POST", "/v2/rerank", kOpenAi, kGuarded, kPredict, plan_rerank_documents, &kRerankDocumentsDocument},
    {"POST", "/tokenize", kPlain, kGuarded, kOther, plan_tokenize, &kTokenizeDocument},
    {"POST", "/decode", kPlain, kGuarded, kOther, plan_decode, &kDecodeDocument},
    {"POST", "/ner", kPlain, kGuarded, kPredict, plan_ner, &kNerDocument},
    {"POST", "/answer", kPlain, kGuarded, kPredict, plan_answer, &kAnswerDocument},
    {"POST", "/explain", kPlain, kGuarded, kOther, plan_explain, &kExplainDocument},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace transkimmer
