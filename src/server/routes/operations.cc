// What operators and their tools ask a server.

#include <string>
#include <string_view>

#include "model/head_kind.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"

namespace transkimmer {
namespace {

std::string_view name_of_pooling(const HeadSpec& head) {
  if (head.pooling.empty()) return head.reads == Reads::first ? "cls" : "mean";
  switch (head.pooling.front()) {
    case Pooling::first:
      return "cls";
    case Pooling::last:
      return "last_token";
    case Pooling::max:
      return "max";
    case Pooling::mean_sqrt_length:
      return "mean_sqrt_len_tokens";
    case Pooling::weighted_mean:
      return "weightedmean";
    case Pooling::mean:
      break;
  }
  return "mean";
}

/// {"classifier": {...}}, {"reranker": {...}}, {"embedding": {...}}; of other heads Hugging Face's word for
/// the task.
OrderedJson model_type(const ServedModel& model) {
  const HeadKind head = model.head();
  if (head == HeadKind::embedding) return {{"embedding", {{"pooling", name_of_pooling(model.spec().head)}}}};
  OrderedJson names = OrderedJson::object(), ids = OrderedJson::object();
  const std::vector<std::string>& labels = model.config().labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    names[std::to_string(i)] = labels[i];
    ids[labels[i]] = i;
  }
  OrderedJson details = OrderedJson::object();
  if (!labels.empty()) details = {{"id2label", names}, {"label2id", ids}};
  std::string name(traits_of(head).pipeline);
  if (head == HeadKind::regression || head == HeadKind::reranking) name = "reranker";
  if (head == HeadKind::classification || head == HeadKind::multi_label) name = "classifier";
  return {{name, details}};
}

std::string_view dtype_of(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return "bfloat16";
    case Precision::int8:
      return "int8";
    default:
      return "float32";
  }
}

}  // namespace

Plan plan_health(const RouteContext&, const RequestFields&) {
  return finished({.content_type = {}});
}

Plan plan_info(const RouteContext& context, const RequestFields&) {
  const ServerOptions& options = context.options;
  const Model& model = context.model.model();
  OrderedJson info = {{"model_id", options.model_id},
                      {"model_sha", nullptr},
                      {"model_dtype", dtype_of(model.precision())},
                      {"served_model_name", options.served_model_name},
                      {"model_type", model_type(context.model)},
                      {"max_concurrent_requests", options.max_concurrent_requests},
                      {"max_input_length", context.model.max_input_length()},
                      {"max_batch_tokens", options.max_batch_tokens}};
  info["max_batch_requests"] =
      options.max_batch_requests ? OrderedJson(*options.max_batch_requests) : OrderedJson(nullptr);
  info["max_client_batch_size"] = options.max_client_batch_size;
  info["auto_truncate"] = options.auto_truncate;
  info["tokenization_workers"] = options.http.workers;
  info["version"] = TRANSKIMMER_VERSION;
  info["sha"] = nullptr;
  info["docker_label"] = nullptr;
  info["skimming"] = model.skimming();
  if (model.skimming()) info["skim_threshold"] = model.loaded().engine.skim_threshold();
  info["threads"] = model.threads();
  return finished(json_response(info));
}

Plan plan_metrics(const RouteContext& context, const RequestFields&) {
  return finished({.content_type = "text/plain; version=0.0.4; charset=utf-8",
                   .body = context.metrics.text(context.batcher.waiting())});
}

}  // namespace transkimmer
