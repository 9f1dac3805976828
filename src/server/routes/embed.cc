// Vectors of texts.

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/strings/base64.h"
#include "metrics/vector_similarity.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"
#include "serving/first_values.h"

namespace transkimmer {
namespace {

/// How the vector that the model gives becomes the one that is answered.
struct VectorOptions {
  std::size_t dimensions = 0;  ///< 0: all
  bool normalize = true;
};

VectorOptions vector_options(const RouteContext& context, const RequestFields& fields) {
  const ModelSpec& spec = context.model.spec();
  const auto dimensions = fields.integer("dimensions", 1, spec.head.out(spec.hidden_size));
  return {.dimensions = static_cast<std::size_t>(dimensions.value_or(0)),
          .normalize = fields.boolean("normalize", true)};
}

/// A model that ends in Normalize gives vectors of length 1 whatever a request says.
std::vector<float> vector_of(const ModelSpec& spec, std::vector<float> values, const VectorOptions& options) {
  const bool cut = options.dimensions != 0 && options.dimensions < values.size();
  if (!cut && (spec.head.normalize || !options.normalize)) return values;
  const std::size_t dimensions = cut ? options.dimensions : values.size();
  return first_values(std::move(values), dimensions, options.normalize || spec.head.normalize);
}

void require_embedder(const RouteContext& context) {
  context.model.require({HeadKind::embedding}, "an embedder");
}

/// Adds sequences of the inputs in `key`.
void add_inputs(const RouteContext& context, const RequestFields& fields, const char* key,
                Planning& planning) {
  const std::vector<TextOrIds> inputs = fields.texts_or_ids(key);
  const std::string& prompt = context.model.prompt(fields.string("prompt_name"));
  planning.admit(inputs.size(), inputs.size() > 1, key);
  for (const TextOrIds& input : inputs) {
    const auto* const text = std::get_if<std::string>(&input);
    planning.add(context.model.encode(input, prompt, planning.cut()), text != nullptr ? *text : "");
  }
}

/// The bytes of little-endian floats in Base64, as OpenAI's clients read them.
std::string base64_of(const std::vector<float>& values) {
  static_assert(std::endian::native == std::endian::little, "floats are written as they lie in memory");
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return to_base64(bytes);
}

std::string openai_body(const ModelSpec& spec, std::vector<BatchedResult>& results,
                        const VectorOptions& options, bool in_base64) {
  std::string body = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::vector<float> values = vector_of(spec, std::move(results[i].logits), options);
    body += fmt::format(R"({}{{"object":"embedding","embedding":)", i == 0 ? "" : ",");
    if (in_base64) {
      body += '"' + base64_of(values) + '"';
    } else {
      append_values(values, body);
    }
    body += fmt::format(R"(,"index":{}}})", i);
  }
  return body + ']';
}

}  // namespace

Plan plan_embed(const RouteContext& context, const RequestFields& fields) {
  require_embedder(context);
  const VectorOptions options = vector_options(context, fields);
  Planning planning(context, fields);
  add_inputs(context, fields, "inputs", planning);
  return planning.finish([options, &spec = context.model.spec()](std::vector<BatchedResult>& results) {
    std::string body = "[";
    for (BatchedResult& result : results) {
      if (body.size() > 1) body += ',';
      append_values(vector_of(spec, std::move(result.logits), options), body);
    }
    return HttpResponse{.body = body + ']'};
  });
}

Plan plan_embed_all(const RouteContext& context, const RequestFields&) {
  require_embedder(context);
  throw RequestError(Fault::model_type, "the states of single tokens are not available: a pass pools them");
}

Plan plan_embed_sparse(const RouteContext& context, const RequestFields&) {
  context.model.require({}, "a model with SPLADE pooling");
  return {};
}

Plan plan_similarity(const RouteContext& context, const RequestFields& fields) {
  require_embedder(context);
  const RequestFields inputs = fields.required_object("inputs");
  const RequestFields parameters = fields.object("parameters");
  std::vector<std::string> texts = inputs.list_of_texts("sentences");
  if (texts.empty()) throw RequestError(Fault::empty, "`inputs.sentences` cannot be empty");
  texts.insert(texts.begin(), inputs.required_string("source_sentence"));
  const std::string& prompt = context.model.prompt(parameters.string("prompt_name"));
  Planning planning(context, parameters);
  planning.admit(texts.size(), true);
  for (const std::string& text : texts)
    planning.add(context.model.encode(TextOrIds(text), prompt, planning.cut()), text);
  return planning.finish([](std::vector<BatchedResult>& results) {
    std::vector<float> cosines;
    for (std::size_t i = 1; i < results.size(); ++i)
      cosines.push_back(static_cast<float>(cosine_similarity(results[0].logits, results[i].logits)));
    HttpResponse response;
    append_values(cosines, response.body);
    return response;
  });
}

Plan plan_openai_embeddings(const RouteContext& context, const RequestFields& fields) {
  require_embedder(context);
  const VectorOptions options = vector_options(context, fields);
  const bool in_base64 = fields.word("encoding_format", {"float", "base64"}) == "base64";
  Planning planning(context, fields);
  add_inputs(context, fields, "input", planning);
  return planning.finish([options, in_base64, &spec = context.model.spec(),
                          &name = context.options.served_model_name](std::vector<BatchedResult>& results) {
    std::size_t tokens = 0;
    for (const BatchedResult& result : results) tokens += result.skimmed_at.size();
    const OrderedJson usage = {{"prompt_tokens", tokens}, {"total_tokens", tokens}};
    HttpResponse response{.body = openai_body(spec, results, options, in_base64)};
    response.body += fmt::format(R"(,"model":{},"usage":{}}})", OrderedJson(name).dump(), usage.dump());
    return response;
  });
}

}  // namespace transkimmer
