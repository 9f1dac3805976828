// The routes as OpenAPI, and the pages.

#include "server/routes/documents.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/served_tiny.h"
#include "support/golden.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const OrderedJson& schema_of_request(const OrderedJson& operation) {
  return operation["requestBody"]["content"]["application/json"]["schema"];
}

TEST(OpenApi, HasEveryRouteOnce) {
  const OrderedJson document = openapi_document("1.2.3", false);
  EXPECT_EQ(document["info"]["version"], "1.2.3");
  std::set<std::string> ids;
  for (const Route& route : routes()) {
    const char* const method = route.method == "GET" ? "get" : "post";
    const OrderedJson& operation = document["paths"][std::string(route.path)][method];
    SCOPED_TRACE(route.path);
    EXPECT_FALSE(operation["summary"].get<std::string>().empty());
    EXPECT_EQ(operation.contains("requestBody"), route.method == "POST");
    EXPECT_TRUE(ids.insert(operation["operationId"]).second) << operation["operationId"];
    EXPECT_FALSE(operation.contains("security")) << "nothing is locked";
  }
}

TEST(OpenApi, TellsWhichRoutesAskForTheKey) {
  const OrderedJson document = openapi_document("1", true);
  EXPECT_EQ(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
  EXPECT_TRUE(document["paths"]["/predict"]["post"].contains("security"));
  EXPECT_FALSE(document["paths"]["/health"]["get"].contains("security"));
}

TEST(OpenApi, RequiredFieldsAreDescribedAndInTheExample) {
  const OrderedJson document = openapi_document("1", false);
  for (const auto& [path, operations] : document["paths"].items()) {
    if (!operations.contains("post")) continue;
    SCOPED_TRACE(path);
    const OrderedJson& schema = schema_of_request(operations["post"]);
    const OrderedJson& example = schema["examples"][0];
    for (const auto& [name, value] : example.items())
      EXPECT_TRUE(schema["properties"].contains(name)) << name;
    for (const OrderedJson& name : schema.value("required", OrderedJson::array()))
      EXPECT_TRUE(example.contains(name.get<std::string>())) << name;
  }
}

/// Models that together can answer every route but those of token states and sparse vectors.
class Examples : public testing::Test {
 protected:
  const ServedModelDirectory& model_for(const std::string& path) {
    if (path.find("embed") != path.npos || path == "/similarity") return embedder_;
    if (path.find("rerank") != path.npos) return *ranker_.operator->();
    if (path == "/ner") return *tagger_.operator->();
    if (path == "/answer") return *answerer_.operator->();
    return *classifier_.operator->();
  }

 private:
  ServedTiny classifier_{HeadKind::classification}, ranker_{HeadKind::regression},
      tagger_{HeadKind::token_classification}, answerer_{HeadKind::question_answering};
  ServedModelDirectory embedder_{golden_path("sentence_transformers/mean")};
};

TEST_F(Examples, AreAnsweredByTheRouteAndByItsAliases) {
  const OrderedJson document = openapi_document("1", false);
  for (const auto& [path, operations] : document["paths"].items()) {
    SCOPED_TRACE(path);
    const ServedModelDirectory& served = model_for(path);
    if (operations.contains("get")) {
      EXPECT_EQ(served.get(path).status, 200);
    }
    if (!operations.contains("post")) continue;
    const json example = json::parse(schema_of_request(operations["post"])["examples"][0].dump());
    const HttpReply reply = served.post(path, example);
    const bool not_yet = path == "/embed_all" || path == "/embed_sparse";
    EXPECT_EQ(reply.status, not_yet ? 424 : 200) << reply.body;
  }
}

TEST(OpenApi, IsServed) {
  const ServedTiny served(HeadKind::classification);
  const HttpReply reply = served->get("/api-doc/openapi.json");
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_EQ(reply.json()["openapi"], "3.1.0");
}

TEST(Pages, LoadNothingFromElsewhere) {
  const ServedTiny served(HeadKind::classification);
  for (const char* path : {"/", "/docs"}) {
    SCOPED_TRACE(path);
    const HttpReply reply = served->get(path);
    EXPECT_EQ(reply.headers.at("content-type"), "text/html; charset=utf-8");
    EXPECT_THAT(reply.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
    for (const char* elsewhere : {"http://", "https://", "src=", "@import", "url("})
      EXPECT_THAT(reply.body, testing::Not(HasSubstr(elsewhere)));
  }
}

TEST(Pages, ListEveryRouteWithItsFields) {
  const ServedTiny served(HeadKind::classification);
  const std::string page = served->get("/docs").body;
  for (const Route& route : routes()) {
    const std::string heading = std::string(route.method) + " " + std::string(route.path);
    EXPECT_THAT(page, HasSubstr("<code>" + heading + "</code>"));
  }
  EXPECT_THAT(page, HasSubstr("skim_threshold"));
}

}  // namespace
}  // namespace transkimmer::test
