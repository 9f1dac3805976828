// A server as a whole: many clients, what operators see, and its end.

#include "server/server.h"

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/served_tiny.h"
#include "serving/texts.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Server, ManyClientsGetWhatEachWouldGetAlone) {
  ServerOptions options;
  options.max_batch_tokens = 300;
  const ServedTiny served(HeadKind::classification, options);
  const std::vector<std::string> texts = random_texts(40);
  const Classifier classifier(served->model);
  const std::vector<Classification> expected =
      classifier.classify(std::vector<TextInput>(texts.begin(), texts.end()));
  std::vector<std::thread> clients;
  for (std::size_t first = 0; first < 4; ++first)
    clients.emplace_back([&, first] {
      HttpClient client(served->port());
      for (std::size_t i = first; i < texts.size(); i += 4) {
        const json list = client.post("/predict", json{{"inputs", texts[i]}}).json();
        EXPECT_EQ(list[0]["label"], expected[i].label_name);
        EXPECT_NEAR(list[0]["score"].get<double>(), expected[i].score, 1e-5);
      }
    });
  for (std::thread& client : clients) client.join();
}

TEST(Server, AnswersSayWhatTheyTook) {
  const ServedTiny served(HeadKind::classification);
  const HttpReply reply = served->post("/predict", {{"inputs", {{"a film"}, {"caf\xC3\xA9", "bar"}}}});
  EXPECT_EQ(reply.headers.at("x-compute-characters"), "13");
  const json tokens = served->post("/explain", {{"inputs", {{"a film"}, {"caf\xC3\xA9", "bar"}}}}).json();
  EXPECT_EQ(reply.headers.at("x-compute-tokens"),
            std::to_string(tokens[0]["tokens"].size() + tokens[1]["tokens"].size()));
  for (const char* name : {"x-compute-type", "x-compute-time", "x-total-time", "x-tokenization-time",
                           "x-queue-time", "x-inference-time"})
    EXPECT_TRUE(reply.headers.contains(name)) << name;
}

TEST(Server, RecordsEveryRequest) {
  std::mutex mutex;
  std::vector<RequestRecord> records;
  ServerOptions options;
  options.on_request = [&](const RequestRecord& record) {
    const std::lock_guard lock(mutex);
    records.push_back(record);
  };
  {
    const ServedTiny served(HeadKind::classification, options);
    served->post("/predict", {{"inputs", "a film"}});
    served->get("/nothing");
  }
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].path, "/predict");
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[0].tokens, 4U);
  EXPECT_EQ(records[0].inputs, 1U);
  EXPECT_EQ(records[1].status, 404);
}

/// The value of a metric's line.
double metric(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(Metrics, CountRequestsTokensAndArithmetic) {
  const ServedTiny served(HeadKind::classification);
  const json one = served->post("/explain", {{"inputs", "a charming journey"}}).json();
  served->post("/predict", {{"inputs", {{"a charming journey"}, {"a charming journey"}}}});
  served->post("/predict", {{"inputs", 1}});
  const HttpReply reply = served->get("/metrics");
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::string& text = reply.body;
  EXPECT_EQ(metric(text, "te_request_count{method=\"single\"}"), 1);
  EXPECT_EQ(metric(text, "te_request_count{method=\"batch\"}"), 1);
  EXPECT_EQ(metric(text, "te_request_success{method=\"batch\"}"), 1);
  EXPECT_EQ(metric(text, "te_request_failure{err=\"validation\"}"), 1);
  EXPECT_EQ(metric(text, "te_predict_count"), 2);
  EXPECT_EQ(metric(text, "te_predict_success"), 2);
  EXPECT_EQ(metric(text, "te_embed_count"), 0);
  EXPECT_EQ(metric(text, "te_queue_size"), 0);
  EXPECT_EQ(metric(text, "te_request_duration_count"), 2);
  EXPECT_EQ(metric(text, "te_predict_queue_duration_count"), 1);
  EXPECT_EQ(metric(text, "te_request_input_length_count"), 3);
  EXPECT_EQ(metric(text, "te_request_input_length_bucket{le=\"4\"}"), 0);
  EXPECT_EQ(metric(text, "te_request_input_length_bucket{le=\"8\"}"), 3);
  EXPECT_EQ(metric(text, "te_batch_next_tokens_sum"), 15);
  EXPECT_EQ(metric(text, "transkimmer_tokens_total"), 15);
  EXPECT_EQ(metric(text, "transkimmer_layer_tokens_total{layer=\"2\"}"),
            3 * one["tokens_kept"][2].get<double>());
  EXPECT_EQ(metric(text, "transkimmer_macs_total"), 3 * one["macs"].get<double>());
  EXPECT_EQ(metric(text, "transkimmer_dense_macs_total"), 3 * one["dense_macs"].get<double>());
}

TEST(Server, DrainingAnswersWhatItHasAndRefusesTheRest) {
  const ServedTiny served(HeadKind::classification);
  HttpClient late(served->port());
  late.send(
      "POST /predict HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"inputs\"");
  EXPECT_EQ(served->get("/health").status, 200);
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      HttpClient client(served->port());
      while (true) {
        const HttpReply reply = client.post("/predict", json{{"inputs", "a charming journey"}});
        if (reply.status != 200) {
          EXPECT_TRUE(reply.status == 503 || reply.status == 0) << reply.status;
          return;
        }
        ++answered;
      }
    });
  while (answered.load() < 20) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::future<bool> drained =
      std::async(std::launch::async, [&] { return served->server->drain(std::chrono::seconds(8)); });
  for (std::thread& client : clients) client.join();
  late.send(": \"abc\"}");
  const HttpReply refused = late.read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json()["error_type"], "Unhealthy");
  late.close();
  EXPECT_TRUE(drained.get());
}

TEST(Server, OptionsThatContradictEachOtherAreRefused) {
  ServerOptions options;
  options.max_batch_tokens = 32;
  const ServedTiny cuts(HeadKind::classification, options);
  EXPECT_EQ(cuts->get("/info").json()["max_input_length"], 32);
  options.auto_truncate = false;
  EXPECT_THROW(ServedTiny(HeadKind::classification, options), UsageError);
  ServerOptions prompts;
  prompts.default_prompt_name = "query";
  EXPECT_THROW(ServedTiny(HeadKind::classification, prompts), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
