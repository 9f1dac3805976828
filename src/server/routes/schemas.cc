// JSON schemas of what routes take and give. A test asks every route for its example.

#include "server/routes/schemas.h"

#include <string>
#include <utility>
#include <vector>

#include "server/routes/planning.h"

namespace transkimmer {
namespace {

using Schema = OrderedJson;

struct Field {
  const char* name;
  Schema schema;
  bool required = false;
};
constexpr bool kRequired = true;

Schema typed(const char* type, const char* description) {
  return {{"type", type}, {"description", description}};
}

Schema optional(const char* type, const char* description) {
  return {{"type", {type, "null"}}, {"description", description}};
}

Schema array_of(const Schema& items, const char* description) {
  return {{"type", "array"}, {"items", items}, {"description", description}};
}

Schema any_of(std::vector<Schema> schemas, const char* description) {
  return {{"anyOf", std::move(schemas)}, {"description", description}};
}

const Schema kText = {{"type", "string"}};
const Schema kNumber = {{"type", "number"}};
const Schema kWhole = {{"type", "integer"}};

/// What every route that runs the model takes besides its own.
std::vector<Field> with_common(std::vector<Field> fields) {
  fields.push_back({"truncate", optional("boolean", "Cut texts that are longer than the model takes")});
  fields.push_back(
      {"truncation_direction",
       {{"enum", {"Left", "Right", "left", "right", nullptr}}, {"description", "Which side is cut"}}});
  fields.push_back(
      {"skim_threshold", optional("number", "Larger skims more; the model's own where it is absent")});
  return fields;
}

Schema object(const std::vector<Field>& fields) {
  Schema made = {{"type", "object"}}, required = Schema::array(), properties = Schema::object();
  for (const Field& field : fields) {
    if (field.required) required.push_back(field.name);
    properties[field.name] = field.schema;
  }
  if (!required.empty()) made["required"] = required;
  made["properties"] = properties;
  return made;
}

Schema with_example(Schema schema, Schema example) {
  schema["examples"] = Schema::array({std::move(example)});
  return schema;
}

const Schema kPairs = any_of(
    {kText, {{"type", "array"}, {"items", any_of({kText, {{"type", "array"}, {"items", kText}}}, "")}}},
    "A text, a pair as a list of two texts, or a list of lists of one or two texts");
const Schema kTexts = any_of({kText, {{"type", "array"}, {"items", kText}}}, "A text or a list of texts");
const Schema kIds = {{"type", "array"}, {"items", kWhole}};
const Schema kTextsOrIds = any_of({kText, kIds, {{"type", "array"}, {"items", any_of({kText, kIds}, "")}}},
                                  "A text, the token ids of one, or a list of either");
const Schema kPromptName = optional("string", "Which of the model's prompts is put before the texts");
const Schema kDimensions = optional("integer", "So many first values of each vector (Matryoshka)");
const Schema kRawScores = typed("boolean", "Logits in place of probabilities");
const Schema kVectors = array_of({{"type", "array"}, {"items", kNumber}}, "A vector for each text");

// ---- Labels

Schema predict_request() {
  return with_example(object(with_common({{"inputs", kPairs, kRequired}, {"raw_scores", kRawScores}})),
                      {{"inputs", "a charming journey"}});
}
Schema label_list() {
  return array_of(object({{"score", kNumber, kRequired}, {"label", kText, kRequired}}), "Best first");
}
Schema predict_reply() {
  return any_of({label_list(), {{"type", "array"}, {"items", label_list()}}},
                "The labels of the text, or of each text of a list");
}

// ---- Rankings

Schema rerank_request() {
  return with_example(object(with_common({{"query", kText, kRequired},
                                          {"texts", array_of(kText, "What is put in order"), kRequired},
                                          {"raw_scores", kRawScores},
                                          {"return_text", typed("boolean", "Answer with the texts, too")}})),
                      {{"query", "who built it?"}, {"texts", {"monks built it", "it is tall"}}});
}
Schema rerank_reply() {
  return array_of(object({{"index", kWhole, kRequired}, {"score", kNumber, kRequired}, {"text", kText}}),
                  "Best first");
}
Schema rerank_documents_request() {
  const Schema document = any_of({kText, object({{"text", kText, kRequired}})}, "");
  return with_example(
      object(with_common(
          {{"model", typed("string", "Is not looked at")},
           {"query", kText, kRequired},
           {"documents", array_of(document, "Texts, or objects that have one as text"), kRequired},
           {"top_n", optional("integer", "So many of them")},
           {"return_documents", typed("boolean", "Answer with the texts, too")}})),
      {{"query", "who built it?"}, {"documents", {"monks built it", "it is tall"}}, {"top_n", 1}});
}
Schema rerank_documents_reply() {
  const Schema result = object({{"index", kWhole, kRequired}, {"relevance_score", kNumber, kRequired}});
  return object({{"model", kText, kRequired},
                 {"results", array_of(result, "Best first"), kRequired},
                 {"usage", object({{"total_tokens", kWhole, kRequired}}), kRequired}});
}

// ---- Passages

Schema ner_request() {
  const Schema strategy = {{"enum", {"none", "simple", "first", "average", "max", nullptr}},
                           {"description", "How tokens become entities"}};
  return with_example(
      object(with_common(
          {{"inputs", kTexts, kRequired}, {"parameters", object({{"aggregation_strategy", strategy}})}})),
      {{"inputs", "Ada lived in London"}, {"parameters", {{"aggregation_strategy", "simple"}}}});
}
Schema entity_list() {
  return array_of(object({{"score", kNumber, kRequired},
                          {"word", kText, kRequired},
                          {"start", typed("integer", "In characters"), kRequired},
                          {"end", typed("integer", "In characters"), kRequired},
                          {"entity_group", kText},
                          {"entity", kText},
                          {"index", kWhole}}),
                  "In their order");
}
Schema ner_reply() {
  return any_of({entity_list(), {{"type", "array"}, {"items", entity_list()}}},
                "The entities of the text, or of each text of a list");
}
Schema answer_request() {
  return with_example(
      object(with_common({{"question", typed("string", "What is asked"), kRequired},
                          {"context", typed("string", "The text that may answer it"), kRequired},
                          {"handle_impossible_answer", typed("boolean", "The text may answer nothing")},
                          {"max_answer_len", optional("integer", "Most tokens of an answer")},
                          {"max_question_len", optional("integer", "Most tokens of the question")},
                          {"max_seq_len", optional("integer", "Most tokens of a window")},
                          {"doc_stride", optional("integer", "Tokens that windows have in common")}})),
      {{"question", "who built it?"}, {"context", "the bridge was built by monks"}});
}
Schema answer_reply() {
  return object({{"score", kNumber, kRequired},
                 {"start", typed("integer", "In characters"), kRequired},
                 {"end", typed("integer", "In characters"), kRequired},
                 {"answer", kText, kRequired}});
}

// ---- Vectors

std::vector<Field> embed_fields(const char* key) {
  return with_common(
      {{key, kTextsOrIds, kRequired}, {"prompt_name", kPromptName}, {"dimensions", kDimensions}});
}
Schema embed_request() {
  std::vector<Field> fields = embed_fields("inputs");
  fields.push_back({"normalize", optional("boolean", "Vectors of length 1")});
  return with_example(object(fields), {{"inputs", {"a charming journey", "a lovely trip"}}});
}
Schema vectors() {
  return kVectors;
}
Schema inputs_request() {
  return with_example(object(with_common({{"inputs", kTextsOrIds, kRequired}, {"prompt_name", kPromptName}})),
                      {{"inputs", "a charming journey"}});
}
Schema vectors_of_tokens() {
  return array_of(kVectors, "A vector for each token of each text");
}
Schema sparse_vectors() {
  const Schema value = object({{"index", kWhole, kRequired}, {"value", kNumber, kRequired}});
  return array_of(array_of(value, "Tokens of the vocabulary that weigh something"), "For each text");
}
Schema similarity_request() {
  const Schema inputs = object({{"source_sentence", kText, kRequired},
                                {"sentences", array_of(kText, "What it is compared with"), kRequired}});
  return with_example(
      object({{"inputs", inputs, kRequired},
              {"parameters", object(with_common({{"prompt_name", kPromptName}}))}}),
      {{"inputs", {{"source_sentence", "a charming journey"}, {"sentences", {"a lovely trip", "bad"}}}}});
}
Schema cosines() {
  return array_of(kNumber, "Cosines, one for each sentence");
}
Schema openai_embeddings_request() {
  std::vector<Field> fields = embed_fields("input");
  fields.push_back({"model", typed("string", "Is not looked at")});
  fields.push_back({"encoding_format",
                    {{"enum", {"float", "base64", nullptr}}, {"description", "How vectors are written"}}});
  return with_example(object(fields), {{"model", "any"}, {"input", {"a charming journey"}}});
}
Schema openai_embeddings_reply() {
  const Schema values = any_of({array_of(kNumber, "float"), kText}, "As encoding_format says");
  const Schema one =
      object({{"object", kText, kRequired}, {"embedding", values, kRequired}, {"index", kWhole, kRequired}});
  return object({{"object", kText, kRequired},
                 {"data", array_of(one, "In the order of the texts"), kRequired},
                 {"model", kText, kRequired},
                 {"usage", object({{"prompt_tokens", kWhole}, {"total_tokens", kWhole}}), kRequired}});
}

// ---- Tokens

Schema tokenize_request() {
  return with_example(object({{"inputs", kTexts, kRequired},
                              {"add_special_tokens", typed("boolean", "With [CLS] and [SEP], or the like")},
                              {"prompt_name", kPromptName}}),
                      {{"inputs", "a charming journey"}});
}
std::vector<Field> token_fields() {
  return {{"id", kWhole, kRequired},
          {"text", kText, kRequired},
          {"special", typed("boolean", "Is of no text"), kRequired},
          {"start", optional("integer", "In bytes"), kRequired},
          {"stop", optional("integer", "In bytes"), kRequired}};
}
Schema tokenize_reply() {
  return array_of(array_of(object(token_fields()), "Of one text"), "Of each text");
}
Schema decode_request() {
  return with_example(
      object({{"ids", any_of({kIds, {{"type", "array"}, {"items", kIds}}}, "Of one text, or of several"),
               kRequired},
              {"skip_special_tokens", typed("boolean", "Without [CLS] and [SEP], or the like")}}),
      {{"ids", {5, 6}}});
}
Schema decode_reply() {
  return array_of(kText, "The texts");
}
Schema explain_request() {
  return with_example(object(with_common({{"inputs", kPairs, kRequired}, {"prompt_name", kPromptName}})),
                      {{"inputs", "a charming journey"}, {"skim_threshold", 0.5}});
}
Schema explanation() {
  std::vector<Field> token = token_fields();
  token.push_back({"skimmed_at",
                   optional("integer", "The layer before which it left; null: it went through all"),
                   kRequired});
  return object({{"tokens", array_of(object(token), "In their order"), kRequired},
                 {"truncated", {{"type", "boolean"}}, kRequired},
                 {"layers", kWhole, kRequired},
                 {"tokens_kept", array_of(kWhole, "Of each layer"), kRequired},
                 {"macs", typed("integer", "Multiply-accumulates of the text"), kRequired},
                 {"dense_macs", typed("integer", "The same without skimming"), kRequired},
                 {"macs_saved", typed("number", "A share of the dense ones"), kRequired},
                 {"seconds", typed("number", "Of the pass that the text was in"), kRequired}});
}
Schema explain_reply() {
  return any_of({explanation(), {{"type", "array"}, {"items", explanation()}}},
                "Of the text, or of each of a list");
}

// ---- By the head

Schema by_head_request() {
  return with_example(
      object(with_common({{"inputs", any_of({kText, {{"type", "array"}}, {{"type", "object"}}},
                                            "As the route of the model's head takes them")}})),
      {{"inputs", "a charming journey"}});
}
Schema anything() {
  return Schema::object();
}

}  // namespace

const RouteDocument kHealthDocument = {"Whether the server takes requests", nullptr, nullptr, ""};
const RouteDocument kMetricsDocument = {"Counters for Prometheus", nullptr, [] { return kText; },
                                        "text/plain"};
const RouteDocument kInfoDocument = {"The model and the limits", nullptr, anything};
const RouteDocument kPageDocument = {"A page to try the model on", nullptr, [] { return kText; },
                                     "text/html"};
const RouteDocument kDocumentsDocument = {"This page", nullptr, [] { return kText; }, "text/html"};
const RouteDocument kOpenApiDocument = {"The routes as OpenAPI 3.1", nullptr, anything};
const RouteDocument kByHeadDocument = {
    "What the model's head is for: /predict, /rerank, /embed, /ner or /answer", by_head_request, anything};
const RouteDocument kPredictDocument = {"Labels of texts or pairs and their probabilities", predict_request,
                                        predict_reply};
const RouteDocument kRerankDocument = {"Texts in the order in which they fit a query", rerank_request,
                                       rerank_reply};
const RouteDocument kRerankDocumentsDocument = {"The same as Cohere and Jina have it",
                                                rerank_documents_request, rerank_documents_reply};
const RouteDocument kNerDocument = {"Entities in texts", ner_request, ner_reply};
const RouteDocument kAnswerDocument = {"The passage of a text that answers a question", answer_request,
                                       answer_reply};
const RouteDocument kEmbedDocument = {"Vectors of texts", embed_request, vectors};
const RouteDocument kEmbedAllDocument = {"Vectors of tokens", inputs_request, vectors_of_tokens};
const RouteDocument kEmbedSparseDocument = {"Sparse vectors of texts", inputs_request, sparse_vectors};
const RouteDocument kSimilarityDocument = {"How alike sentences are to one", similarity_request, cosines};
const RouteDocument kOpenAiEmbeddingsDocument = {"Vectors of texts as OpenAI has them",
                                                 openai_embeddings_request, openai_embeddings_reply};
const RouteDocument kTokenizeDocument = {"Tokens of texts", tokenize_request, tokenize_reply};
const RouteDocument kDecodeDocument = {"Texts of tokens", decode_request, decode_reply};
const RouteDocument kExplainDocument = {"Where each token leaves, and what that saves", explain_request,
                                        explain_reply};

}  // namespace transkimmer
