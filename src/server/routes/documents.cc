#include "server/routes/documents.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/strings/xml.h"
#include "server/routes/html.h"

namespace transkimmer {
namespace {

OrderedJson error_schema(ErrorShape shape) {
  const OrderedJson text = {{"type", "string"}};
  if (shape == ErrorShape::openai)
    return {{"type", "object"},
            {"required", {"message", "code", "type"}},
            {"properties", {{"message", text}, {"code", {{"type", "integer"}}}, {"type", text}}}};
  return {{"type", "object"},
          {"required", {"error", "error_type"}},
          {"properties", {{"error", text}, {"error_type", text}}}};
}

std::string_view error_name(ErrorShape shape) {
  return shape == ErrorShape::openai ? "OpenAiError" : "Error";
}

OrderedJson content(std::string_view type, const OrderedJson& schema) {
  return {{std::string(type), {{"schema", schema}}}};
}

OrderedJson responses_of(const Route& route) {
  OrderedJson answered = {{"description", "Answered"}};
  if (!route.document->reply_type.empty())
    answered["content"] = content(route.document->reply_type, route.document->reply());
  OrderedJson responses = {{"200", answered}};
  if (route.guarded) responses["401"] = {{"description", "The API key is missing or another"}};
  const OrderedJson error = {{"$ref", fmt::format("#/components/schemas/{}", error_name(route.errors))}};
  responses["default"] = {{"description", "What is wrong"}, {"content", content("application/json", error)}};
  return responses;
}

/// "embed_all" of "/embed_all", "get_root" of "/".
std::string operation_id(const Route& route) {
  std::string id = route.method == "GET" ? "get" : "post";
  for (const char c : route.path) id += std::string_view("/-.").find(c) == std::string_view::npos ? c : '_';
  return id;
}

OrderedJson operation_of(const Route& route, bool asks_for_key) {
  OrderedJson operation = {{"operationId", operation_id(route)}, {"summary", route.document->summary}};
  if (route.method == "POST")
    operation["requestBody"] = {{"required", true},
                                {"content", content("application/json", route.document->request())}};
  operation["responses"] = responses_of(route);
  if (asks_for_key && route.guarded)
    operation["security"] = OrderedJson::array({{{"key", OrderedJson::array()}}});
  return operation;
}

std::string fields_table(const OrderedJson& schema) {
  const OrderedJson properties = schema.value("properties", OrderedJson::object()),
                    required = schema.value("required", OrderedJson::array());
  std::string rows;
  for (const auto& [name, field] : properties.items()) {
    const bool needed = std::find(required.begin(), required.end(), name) != required.end();
    rows += fmt::format("<tr><th scope=row><code>{}</code>{}</th><td>{}</td></tr>\n", xml(name),
                        needed ? " (required)" : "", xml(field.value("description", "")));
  }
  return rows.empty() ? rows : "<table>" + rows + "</table>\n";
}

std::string operation_section(const std::string& method, const std::string& path,
                              const OrderedJson& operation) {
  std::string section = fmt::format("<section><h2><code>{} {}</code></h2>\n<p>{}</p>\n", method, xml(path),
                                    xml(operation["summary"].get<std::string>()));
  if (operation.contains("requestBody")) {
    const OrderedJson& schema = operation["requestBody"]["content"]["application/json"]["schema"];
    section += fields_table(schema);
    section += fmt::format("<pre>curl localhost:3000{} -H 'Content-Type: application/json' -d '{}'</pre>\n",
                           xml(path), xml(schema["examples"][0].dump()));
  }
  return section + "</section>\n";
}

}  // namespace

OrderedJson openapi_document(const std::string& version, bool asks_for_key) {
  OrderedJson paths = OrderedJson::object();
  for (const Route& route : routes())
    paths[std::string(route.path)][route.method == "GET" ? "get" : "post"] =
        operation_of(route, asks_for_key);
  OrderedJson components = {
      {"schemas",
       {{"Error", error_schema(ErrorShape::plain)}, {"OpenAiError", error_schema(ErrorShape::openai)}}}};
  if (asks_for_key) components["securitySchemes"] = {{"key", {{"type", "http"}, {"scheme", "bearer"}}}};
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "transkimmer serve"},
            {"description", "Transformer encoders that skim: classify, embed, rerank, tag and answer."},
            {"version", version}}},
          {"paths", paths},
          {"components", components}};
}

std::string documents_page(const OrderedJson& openapi) {
  std::string sections;
  for (const auto& [path, operations] : openapi["paths"].items()) {
    if (operations.contains("get")) sections += operation_section("GET", path, operations["get"]);
    if (operations.contains("post")) sections += operation_section("POST", path, operations["post"]);
  }
  return html_page("Routes of transkimmer serve",
                   "<h1>Routes</h1>\n<p>For programs: <a href='/api-doc/openapi.json'>OpenAPI</a>. To try "
                   "the model: <a href='/'>here</a>.</p>\n" +
                       sections);
}

}  // namespace transkimmer
