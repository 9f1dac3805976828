// What is answered to requests that are wrong: always what and where.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/served_tiny.h"
#include "support/golden.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct WrongRequest {
  std::string name;
  HeadKind head = HeadKind::classification;
  std::string path;
  std::string body;
  int status = 0;
  std::string type;
  std::string message;

  friend std::ostream& operator<<(std::ostream& out, const WrongRequest& wrong) { return out << wrong.name; }
};

class WrongRequests : public testing::TestWithParam<WrongRequest> {};

constexpr HeadKind kClassifier = HeadKind::classification;

INSTANTIATE_TEST_SUITE_P(
    Errors, WrongRequests,
    testing::Values(
        WrongRequest{"NoJson", kClassifier, "/predict", "{", 400, "Validation", "not valid JSON"},
        WrongRequest{"InvalidUtf8", kClassifier, "/predict", "{\"inputs\": \"\xFF\"}", 400, "Validation",
                     "UTF-8"},
        WrongRequest{"TooDeep", kClassifier, "/predict", std::string(100000, '['), 400, "Validation", "nest"},
        WrongRequest{"TwiceTheSameKey", kClassifier, "/predict", R"({"inputs": "a", "inputs": "b"})", 400,
                     "Validation", "inputs"},
        WrongRequest{"NoObject", kClassifier, "/predict", "[1]", 422, "Validation", "expected an object"},
        WrongRequest{"NotANumber", kClassifier, "/predict", R"({"inputs": "a", "skim_threshold": NaN})", 400,
                     "Validation", "JSON"},
        WrongRequest{"Infinite", kClassifier, "/predict", R"({"inputs": "a", "skim_threshold": 1e999})", 400,
                     "Validation", "body"},
        WrongRequest{"ThresholdAsText", kClassifier, "/predict", R"({"inputs": "a", "skim_threshold": "0"})",
                     422, "Validation", "`skim_threshold` is \"0\", expected a number"},
        WrongRequest{"NoInputs", kClassifier, "/predict", "{}", 422, "Validation", "`inputs` is missing"},
        WrongRequest{"NullInputs", kClassifier, "/predict", R"({"inputs": null})", 422, "Validation",
                     "`inputs` is missing"},
        WrongRequest{"EmptyInputs", kClassifier, "/predict", R"({"inputs": []})", 400, "Empty",
                     "`inputs` cannot be empty"},
        WrongRequest{"NumberAsInput", kClassifier, "/predict", R"({"inputs": 1})", 422, "Validation",
                     "`inputs` is 1, expected a string"},
        WrongRequest{"NumberInAPair", kClassifier, "/predict", R"({"inputs": [["a"], ["b", 2]]})", 422,
                     "Validation", "`inputs[1][1]` is 2, expected a string"},
        WrongRequest{"ThreeOfAPair", kClassifier, "/predict", R"({"inputs": [["a", "b", "c"]]})", 422,
                     "Validation", "`inputs[0]` is an array, expected a list of one string or two"},
        WrongRequest{"TruncateAsText", kClassifier, "/predict", R"({"inputs": "a", "truncate": "yes"})", 422,
                     "Validation", "`truncate` is \"yes\", expected true or false"},
        WrongRequest{"OtherDirection", kClassifier, "/predict",
                     R"({"inputs": "a", "truncation_direction": "up"})", 422, "Validation",
                     "`truncation_direction` is \"up\", expected one of right, left"},
        WrongRequest{"NoEmbedder", kClassifier, "/embed", R"({"inputs": "a"})", 424, "Backend",
                     "needs an embedder, and the model served is for classification"},
        WrongRequest{"NoReranker", kClassifier, "/rerank", R"({"query": "a", "texts": ["b"]})", 424,
                     "Backend", "needs a re-ranker"},
        WrongRequest{"NoSparseEmbedder", kClassifier, "/embed_sparse", R"({"inputs": "a"})", 424, "Backend",
                     "SPLADE"},
        WrongRequest{"NoTagger", kClassifier, "/ner", R"({"inputs": "a"})", 424, "Backend",
                     "token classifier"},
        WrongRequest{"NoAnswerer", kClassifier, "/answer", R"({"question": "a", "context": "b"})", 424,
                     "Backend", "question answering"},
        WrongRequest{"NoClassifier", HeadKind::token_classification, "/predict", R"({"inputs": "a"})", 424,
                     "Backend", "needs a classifier, and the model served is for token classification"},
        WrongRequest{"NoTexts", HeadKind::regression, "/rerank", R"({"query": "a", "texts": []})", 400,
                     "Empty", "`texts` cannot be empty"},
        WrongRequest{"NoQuery", HeadKind::regression, "/rerank", R"({"texts": ["a"]})", 422, "Validation",
                     "`query` is missing"},
        WrongRequest{"OtherStrategy", HeadKind::token_classification, "/ner",
                     R"({"inputs": "a", "parameters": {"aggregation_strategy": "most"}})", 422, "Validation",
                     "`parameters.aggregation_strategy` is \"most\", expected one of none, simple"},
        WrongRequest{"NoContext", HeadKind::question_answering, "/answer", R"({"question": "a"})", 422,
                     "Validation", "`context` is missing"},
        WrongRequest{"WideStride", HeadKind::question_answering, "/answer",
                     R"({"question": "a", "context": "b", "max_seq_len": 10, "doc_stride": 60})", 422,
                     "Validation", "doc_stride"},
        WrongRequest{"IdBeyondTheVocabulary", kClassifier, "/decode", R"({"ids": [99999999]})", 422,
                     "Tokenizer", "there is no token 99999999"},
        WrongRequest{"NegativeId", kClassifier, "/decode", R"({"ids": [1, -1]})", 422, "Validation",
                     "`ids[1]` is -1, expected a token id"},
        WrongRequest{"UnknownPrompt", kClassifier, "/tokenize", R"({"inputs": "a", "prompt_name": "q"})", 422,
                     "Validation", "`prompt_name` is 'q', but the model has none"}),
    [](const auto& of) { return of.param.name; });

TEST_P(WrongRequests, AreTold) {
  const WrongRequest& wrong = GetParam();
  const ServedTiny served(wrong.head);
  const HttpReply reply = HttpClient(served->port()).post(wrong.path, wrong.body);
  EXPECT_EQ(reply.status, wrong.status);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  const json error = reply.json();
  EXPECT_EQ(error.size(), 2U);
  EXPECT_THAT(error["error"].get<std::string>(), HasSubstr(wrong.message));
  EXPECT_EQ(error["error_type"], wrong.type);
}

TEST(Errors, OfOpenAisRoutesHaveItsShape) {
  const ServedTiny served(kClassifier);
  const HttpReply reply = served->post("/v1/embeddings", {{"input", "a"}});
  EXPECT_EQ(reply.status, 424);
  const json error = reply.json();
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("needs an embedder"));
  EXPECT_EQ(error["code"], 424);
  EXPECT_EQ(error["type"], "Backend");
  EXPECT_EQ(error.size(), 3U);
}

TEST(Errors, OfRoutesAndMethodsAreTold) {
  const ServedTiny served(kClassifier);
  EXPECT_EQ(served->get("/nothing").status, 404);
  EXPECT_THAT(served->get("/nothing?x=1").json()["error"].get<std::string>(), HasSubstr("'/nothing'"));
  EXPECT_EQ(served->get("/predict").status, 405);
  EXPECT_THAT(served->get("/predict").json()["error"].get<std::string>(), HasSubstr("takes POST, not GET"));
  EXPECT_EQ(served->post("/health", json::object()).status, 405);
  HttpClient client(served->port());
  client.send("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(client.read().status, 415);
}

TEST(Errors, MoreInputsThanAClientMaySendAreRefused) {
  ServerOptions options;
  options.max_client_batch_size = 2;
  const ServedTiny served(kClassifier, options);
  EXPECT_EQ(served->post("/predict", {{"inputs", {{"a"}, {"b"}}}}).status, 200);
  const HttpReply reply = served->post("/predict", {{"inputs", {{"a"}, {"b"}, {"c"}}}});
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.json()["error"], "batch size 3 > maximum allowed batch size 2");
}

TEST(Errors, DimensionsAreThoseThatThereAre) {
  const ServedModelDirectory served(golden_path("sentence_transformers/mean"));
  const HttpReply reply = served.post("/embed", {{"inputs", "a"}, {"dimensions", 17}});
  EXPECT_EQ(reply.status, 422);
  EXPECT_THAT(reply.json()["error"].get<std::string>(),
              HasSubstr("`dimensions` is 17, expected an integer from 1 to"));
}

TEST(Truncation, IsAsTheRequestSaysOrElseTheServer) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "journey ";
  ServerOptions options;
  options.auto_truncate = false;
  const ServedTiny strict(kClassifier, options), usual(kClassifier);
  EXPECT_EQ(strict->post("/predict", {{"inputs", text}}).status, 422);
  EXPECT_THAT(strict->post("/predict", {{"inputs", text}}).json()["error"].get<std::string>(),
              HasSubstr("must have less than 65 tokens"));
  EXPECT_EQ(strict->post("/predict", {{"inputs", text}, {"truncate", true}}).status, 200);
  EXPECT_EQ(usual->post("/predict", {{"inputs", text}}).status, 200);
  EXPECT_EQ(usual->post("/predict", {{"inputs", text}, {"truncate", false}}).status, 422);
}

TEST(Truncation, CutsAtTheSideThatIsAskedFor) {
  const ServedTiny served(kClassifier);
  std::string text = "flat ";
  for (int i = 0; i < 100; ++i) text += "journey ";
  text += "dull";
  const auto tokens = [&](const json& inputs, const char* side) {
    return served->post("/explain", {{"inputs", inputs}, {"truncation_direction", side}}).json()["tokens"];
  };
  const json left = tokens(text, "left"), right = tokens(text, "Right");
  ASSERT_EQ(left.size(), 64U);
  ASSERT_EQ(right.size(), 64U);
  EXPECT_EQ(left[1]["text"], "journey");
  EXPECT_EQ(left[62]["text"], "dull");
  EXPECT_EQ(left[62]["stop"], text.size());
  EXPECT_EQ(right[1]["text"], "flat");
  EXPECT_EQ(right[62]["text"], "journey");
  const json pair = tokens({text, "a movie"}, "Left");
  ASSERT_EQ(pair.size(), 64U);
  EXPECT_EQ(pair[1]["text"], "journey");
  EXPECT_EQ(pair[62]["text"], "movie");
}

}  // namespace
}  // namespace transkimmer::test
