#pragma once

#include "server/routes/route.h"

namespace transkimmer {

// What the table of routes says of each, by the names of their plans.
extern const RouteDocument kHealthDocument, kMetricsDocument, kInfoDocument, kPageDocument,
    kDocumentsDocument, kOpenApiDocument;
extern const RouteDocument kByHeadDocument, kPredictDocument, kRerankDocument, kRerankDocumentsDocument,
    kNerDocument, kAnswerDocument;
extern const RouteDocument kEmbedDocument, kEmbedAllDocument, kEmbedSparseDocument, kSimilarityDocument,
    kOpenAiEmbeddingsDocument;
extern const RouteDocument kTokenizeDocument, kDecodeDocument, kExplainDocument;

}  // namespace transkimmer
