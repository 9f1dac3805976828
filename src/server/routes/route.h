#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "server/http/message.h"
#include "server/metrics/metrics.h"
#include "server/requests/request_error.h"
#include "server/requests/request_fields.h"
#include "server/served/options.h"
#include "server/served/served_model.h"
#include "serving/batcher.h"

namespace transkimmer {

/// What routes are given.
struct RouteContext {
  const ServedModel& model;
  const ServerOptions& options;
  const Metrics& metrics;
  Batcher& batcher;
};

/// What a request asks of the model, and how the answer is made of it.
struct Plan {
  std::size_t inputs = 0;
  bool batch = false;  ///< the request has a list of inputs
  std::size_t characters = 0;
  Batcher::Admission admission = {};
  std::vector<BatchItem> items = {};  ///< none: the answer needs no pass
  /// Of the results of all items in their order; given once.
  std::function<HttpResponse(std::vector<BatchedResult>& results)> answer = {};
};

/// What a route is for, and the JSON that it takes and gives, as schemas.
struct RouteDocument {
  std::string_view summary;
  nlohmann::ordered_json (*request)() = nullptr;  ///< of POST, with an example of the fields
  nlohmann::ordered_json (*reply)() = nullptr;
  std::string_view reply_type = "application/json";  ///< empty: the answer has no content
};

/// A row of the table that requests are routed by.
struct Route {
  std::string_view method;
  std::string_view path;
  ErrorShape errors = ErrorShape::plain;
  bool guarded = true;  ///< asks for the API key, where there is one
  RequestKind kind = RequestKind::other;
  /// Reads the fields (of GET: none). Throws RequestError.
  Plan (*plan)(const RouteContext& context, const RequestFields& fields) = nullptr;
  const RouteDocument* document = nullptr;  ///< never null in the table
};

/// All routes. A method and a path are there once.
std::span<const Route> routes();

/// The plans of the routes, by the file that they are in: each reads its fields, asks for room and says what
/// is to be run and answered. They throw RequestError.
// embed.cc
Plan plan_embed(const RouteContext& context, const RequestFields& fields);
Plan plan_embed_all(const RouteContext& context, const RequestFields& fields);
Plan plan_embed_sparse(const RouteContext& context, const RequestFields& fields);
Plan plan_similarity(const RouteContext& context, const RequestFields& fields);
Plan plan_openai_embeddings(const RouteContext& context, const RequestFields& fields);
// predict.cc
Plan plan_predict(const RouteContext& context, const RequestFields& fields);
// rerank.cc
Plan plan_rerank(const RouteContext& context, const RequestFields& fields);
Plan plan_rerank_documents(const RouteContext& context, const RequestFields& fields);
// tokens.cc
Plan plan_tokenize(const RouteContext& context, const RequestFields& fields);
Plan plan_decode(const RouteContext& context, const RequestFields& fields);
Plan plan_explain(const RouteContext& context, const RequestFields& fields);
// passages.cc
Plan plan_ner(const RouteContext& context, const RequestFields& fields);
Plan plan_answer(const RouteContext& context, const RequestFields& fields);
// operations.cc
Plan plan_health(const RouteContext& context, const RequestFields& fields);
Plan plan_info(const RouteContext& context, const RequestFields& fields);
Plan plan_metrics(const RouteContext& context, const RequestFields& fields);
// pages.cc
Plan plan_page(const RouteContext& context, const RequestFields& fields);
Plan plan_documents(const RouteContext& context, const RequestFields& fields);
Plan plan_openapi(const RouteContext& context, const RequestFields& fields);

}  // namespace transkimmer
