#include "server/routes/planning.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "text/unicode/unicode.h"

namespace transkimmer {

Planning::Planning(const RouteContext& context, const RequestFields& fields)
    : context_(context), skim_threshold_(fields.number("skim_threshold")) {
  cut_.side = fields.truncation_direction();
  const bool by_default = context.options.auto_truncate;
  cut_.truncate = fields.boolean("truncate", by_default);
}

void Planning::admit(std::size_t inputs, bool batch, const char* key) {
  if (inputs == 0) throw RequestError(Fault::empty, fmt::format("`{}` cannot be empty", key));
  const std::size_t most = context_.options.max_client_batch_size;
  if (inputs > most)
    throw RequestError(Fault::batch_size,
                       fmt::format("batch size {} > maximum allowed batch size {}", inputs, most));
  plan_.inputs = inputs;
  plan_.batch = batch;
  plan_.admission = context_.batcher.admit(inputs);
  if (!plan_.admission) throw RequestError(Fault::overloaded, "Model is overloaded");
}

void Planning::add(const Encoding& encoding, std::string_view text) {
  count_characters(text);
  add(item_of(encoding, skim_threshold_));
}

void Planning::add(BatchItem item) {
  plan_.items.push_back(std::move(item));
}

void Planning::count_characters(std::string_view text) {
  plan_.characters += characters_before(text, text.size());
}

Plan Planning::finish(std::function<HttpResponse(std::vector<BatchedResult>& results)> answer) {
  plan_.answer = std::move(answer);
  return std::move(plan_);
}

Plan finished(HttpResponse response) {
  Plan plan;
  plan.answer = [response = std::move(response)](std::vector<BatchedResult>&) { return response; };
  return plan;
}

HttpResponse json_response(const OrderedJson& value) {
  HttpResponse response;
  response.body = value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return response;
}

void append_values(std::span<const float> values, std::string& text) {
  text += '[';
  for (std::size_t i = 0; i < values.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : ",", values[i]);
  text += ']';
}

}  // namespace transkimmer
