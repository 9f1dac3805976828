// How a server keeps strangers out, and clients from hurting each other.

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/dispatch.h"
#include "server/served_tiny.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

const std::string kBody = R"({"inputs": "a film"})";

TEST(ApiKey, GuardsTheModelAlone) {
  ServerOptions options;
  options.api_key = "secret";
  const ServedTiny served(HeadKind::classification, options);
  HttpClient client(served->port());
  for (const char* header : {"", "Authorization: Bearer secre\r\n", "Authorization: Bearer secret2\r\n",
                             "Authorization: secret\r\n", "Authorization: Bearer \r\n"}) {
    const HttpReply reply = client.post("/predict", kBody, header);
    EXPECT_EQ(reply.status, 401) << header;
    EXPECT_EQ(reply.body, "");
  }
  EXPECT_EQ(client.get("/info").status, 401);
  EXPECT_EQ(client.post("/predict", kBody, "Authorization: Bearer secret\r\n").status, 200);
  for (const char* path : {"/health", "/ping", "/", "/metrics"})
    EXPECT_EQ(client.get(path).status, 200) << path;
}

TEST(ApiKey, IsComparedWhole) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  for (const char* other : {"", "a", "ab", "abcd", "abcabc", "abd", "xbc"}) {
    EXPECT_FALSE(equal_in_constant_time(other, "abc")) << other;
    EXPECT_FALSE(equal_in_constant_time("abc", other)) << other;
  }
}

TEST(Origins, MayAskWhereTheyAreAllowed) {
  ServerOptions options;
  options.cors_allow_origin = {"https://a.example"};
  const ServedTiny served(HeadKind::classification, options);
  HttpClient client(served->port());
  const HttpReply allowed = client.post("/predict", kBody, "Origin: https://a.example\r\n");
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"), "https://a.example");
  EXPECT_FALSE(client.post("/predict", kBody, "Origin: https://b.example\r\n")
                   .headers.contains("access-control-allow-origin"));
  client.send("OPTIONS /predict HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\r\n");
  const HttpReply preflight = client.read();
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.at("access-control-allow-origin"), "https://a.example");
  const ServedTiny closed(HeadKind::classification);
  EXPECT_FALSE(HttpClient(closed->port())
                   .post("/predict", kBody, "Origin: https://a.example\r\n")
                   .headers.contains("access-control-allow-origin"));
}

TEST(Limits, MoreInputsThanThereIsRoomForAreRefusedAtOnce) {
  ServerOptions options;
  options.max_concurrent_requests = 3;
  const ServedTiny served(HeadKind::classification, options);
  const HttpReply reply = served->post("/predict", {{"inputs", {{"a"}, {"b"}, {"c"}, {"d"}}}});
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.json(), json({{"error", "Model is overloaded"}, {"error_type", "Overloaded"}}));
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(served->post("/predict", {{"inputs", {{"a"}, {"b"}, {"c"}}}}).status, 200)
        << "answered ones make room";
}

TEST(Limits, BodiesAreNoLargerThanAllowed) {
  ServerOptions options;
  options.http.max_body_bytes = 1000;
  const ServedTiny served(HeadKind::classification, options);
  const HttpReply reply = served->post("/predict", {{"inputs", std::string(1000, 'a')}});
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.json()["error_type"], "Validation");
  EXPECT_EQ(served->post("/predict", {{"inputs", std::string(900, 'a')}}).status, 200);
}

/// A text with some bytes changed, doubled or left out.
std::string mutated(std::string text, std::mt19937& random) {
  for (std::size_t changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 5);
        break;
      case 2:
        text.insert(at, text.substr(random() % text.size(), random() % 10));
        break;
      default:
        text.insert(at, 1, "[]{},:\"-1en"[random() % 11]);
    }
  }
  return text;
}

TEST(Mutations, OfBodiesAreAnsweredOrTold) {
  const ServedTiny classifier(HeadKind::classification), answerer(HeadKind::question_answering);
  HttpClient to_classifier(classifier->port()), to_answerer(answerer->port());
  std::mt19937 random(7);
  int answered = 0, refused = 0;
  for (int i = 0; i < 300; ++i) {
    const bool asks = i % 3 == 0;
    const std::string body =
        asks ? R"({"question": "a", "context": "b c", "max_seq_len": 20, "doc_stride": 3})"
             : R"({"inputs": [["a"], ["b", "c"]], "truncate": true, "skim_threshold": 0.5})";
    const std::string path = asks ? "/answer" : i % 3 == 1 ? "/predict" : "/explain";
    const std::string text = mutated(body, random);
    const HttpReply reply = (asks ? to_answerer : to_classifier).post(path, text);
    ASSERT_TRUE(reply.status == 200 || reply.status == 400 || reply.status == 422)
        << reply.status << ' ' << text;
    ++(reply.status == 200 ? answered : refused);
  }
  EXPECT_GT(answered, 20);
  EXPECT_GT(refused, 100);
}

TEST(Mutations, OfRequestsHurtNobody) {
  ServerOptions options;
  options.http.header_timeout = options.http.body_timeout = std::chrono::milliseconds(300);
  const ServedTiny served(HeadKind::classification, options);
  std::mt19937 random(8);
  for (int i = 0; i < 200; ++i) {
    HttpClient client(served->port());
    client.send(mutated(post_text("/predict", kBody), random));
    if (i % 10 == 0) client.read();
  }
  EXPECT_EQ(HttpClient(served->port()).post("/predict", kBody).status, 200);
}

TEST(Limits, AnswersNameNoFilesOfTheMachine) {
  TinyModel broken = tiny_model_of(HeadKind::classification);
  broken.broken_weight = "classifier.weight";
  const ServedTiny served(broken);
  const HttpReply reply = served->post("/predict", {{"inputs", "a"}});
  EXPECT_EQ(reply.status, 424);
  EXPECT_EQ(reply.json()["error_type"], "Backend");
  EXPECT_THAT(reply.body, testing::Not(testing::HasSubstr("transkimmer-test")));
}

}  // namespace
}  // namespace transkimmer::test
