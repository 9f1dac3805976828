// What each route answers, over a socket, beside what the public classes say of the same texts.

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings/base64.h"
#include "server/served_tiny.h"
#include "support/golden.h"
#include "transkimmer/classifier.h"
#include "transkimmer/embedder.h"
#include "transkimmer/question_answerer.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;

constexpr double kTolerance = 1e-5;

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

void expect_near(const json& values, const std::vector<float>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(values[i].get<double>(), expected[i], kTolerance);
}

/// Labels and scores as /predict has them, best first.
void expect_labels(const json& list, const Classification& expected, const std::vector<std::string>& labels) {
  ASSERT_EQ(list.size(), labels.size());
  double before = 1;
  for (const json& each : list) {
    const auto label = std::ranges::find(labels, each["label"].get<std::string>()) - labels.begin();
    ASSERT_LT(label, static_cast<std::ptrdiff_t>(labels.size()));
    const double score = each["score"].get<double>();
    EXPECT_NEAR(score, expected.probabilities[static_cast<std::size_t>(label)], kTolerance);
    EXPECT_LE(score, before);
    before = score;
  }
}

TEST(PredictRoute, GivesEveryLabelItsScore) {
  const ServedTiny served(HeadKind::classification);
  const Classifier classifier(served->model);
  const auto expected =
      classifier.classify({{"a charming journey"}, {"a flat movie", "not good"}, {"it was bad"}});
  expect_labels(served->post("/predict", {{"inputs", "a charming journey"}}).json(), expected[0],
                classifier.labels());
  expect_labels(served->post("/predict", {{"inputs", {"a flat movie", "not good"}}}).json(), expected[1],
                classifier.labels());
  const json batch =
      served
          ->post("/predict",
                 {{"inputs", {{"a charming journey"}, {"a flat movie", "not good"}, {"it was bad"}}}})
          .json();
  ASSERT_EQ(batch.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) expect_labels(batch[i], expected[i], classifier.labels());
  EXPECT_EQ(served->post("/", {{"inputs", "a charming journey"}}).json(),
            served->post("/invocations", {{"inputs", "a charming journey"}}).json());
}

TEST(PredictRoute, GivesLogitsWhereRawScoresAreAskedFor) {
  const ServedTiny served(HeadKind::classification);
  const json raw = served->post("/predict", {{"inputs", "a film"}, {"raw_scores", true}}).json();
  const json scores = served->post("/predict", {{"inputs", "a film"}}).json();
  double sum = 0;
  for (const json& each : raw) sum += std::exp(each["score"].get<double>());
  ASSERT_EQ(raw.size(), 3U);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    EXPECT_EQ(raw[i]["label"], scores[i]["label"]);
    EXPECT_NEAR(std::exp(raw[i]["score"].get<double>()) / sum, scores[i]["score"].get<double>(), kTolerance);
  }
}

TEST(RerankRoute, OrdersTextsByTheirScore) {
  const ServedTiny served(HeadKind::regression);
  const Classifier classifier(served->model);
  const std::vector<std::string> texts = {"a film", "the journey was dull", "it"};
  const json list =
      served
          ->post("/rerank",
                 {{"query", "what film?"}, {"texts", texts}, {"raw_scores", true}, {"return_text", true}})
          .json();
  ASSERT_EQ(list.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto index = list[i]["index"].get<std::size_t>();
    EXPECT_EQ(list[i]["text"], texts[index]);
    EXPECT_NEAR(list[i]["score"].get<double>(), classifier.classify({{"what film?", texts[index]}})[0].score,
                kTolerance);
    EXPECT_LE(list[i]["score"].get<double>(), list[i == 0 ? 0 : i - 1]["score"].get<double>());
  }
  const json scores = served->post("/rerank", {{"query", "what film?"}, {"texts", texts}}).json();
  EXPECT_THAT(keys_of(scores[0]), ElementsAre("index", "score"));
  EXPECT_NEAR(scores[0]["score"].get<double>(), 1 / (1 + std::exp(-list[0]["score"].get<double>())),
              kTolerance);
}

TEST(RerankRoute, TakesDocumentsAsCohereAndJinaHaveThem) {
  const ServedTiny served(HeadKind::regression);
  const json scores =
      served->post("/rerank", {{"query", "what film?"}, {"texts", {"a film", "it", "flat"}}}).json();
  for (const char* path : {"/v1/rerank", "/v2/rerank"}) {
    const json answer = served
                            ->post(path, {{"model", "tiny"},
                                          {"query", "what film?"},
                                          {"documents", {"a film", {{"text", "it"}}, "flat"}},
                                          {"top_n", 2},
                                          {"return_documents", true}})
                            .json();
    EXPECT_EQ(answer["model"], "tiny");
    EXPECT_GT(answer["usage"]["total_tokens"], 10);
    ASSERT_EQ(answer["results"].size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(answer["results"][i]["index"], scores[i]["index"]);
      EXPECT_NEAR(answer["results"][i]["relevance_score"].get<double>(), scores[i]["score"].get<double>(),
                  kTolerance);
      EXPECT_TRUE(answer["results"][i]["document"]["text"].is_string());
    }
  }
}

class EmbedderRoutes : public testing::Test {
 protected:
  ServedModelDirectory served_{golden_path("sentence_transformers/mean")};
  Embedder embedder_{served_.model};
  std::vector<Embedding> expected_ = embedder_.embed({"the film was good .", "a film"});
};

TEST_F(EmbedderRoutes, EmbedGivesAListOfVectors) {
  const json one = served_.post("/embed", {{"inputs", "the film was good ."}}).json();
  ASSERT_EQ(one.size(), 1U);
  expect_near(one[0], expected_[0].values);
  const json two = served_.post("/embed", {{"inputs", {"the film was good .", "a film"}}}).json();
  ASSERT_EQ(two.size(), 2U);
  expect_near(two[0], expected_[0].values);
  expect_near(two[1], expected_[1].values);
}

TEST_F(EmbedderRoutes, EmbedTakesTokenIds) {
  json ids = json::array();
  const json tokens = served_.post("/tokenize", {{"inputs", "the film was good ."}}).json();
  for (const json& token : tokens[0]) ids.push_back(token["id"]);
  expect_near(served_.post("/embed", {{"inputs", ids}}).json()[0], expected_[0].values);
  const json mixed = served_.post("/embed", {{"inputs", {"a film", ids}}}).json();
  expect_near(mixed[0], expected_[1].values);
  expect_near(mixed[1], expected_[0].values);
}

TEST_F(EmbedderRoutes, EmbedGivesFewerDimensions) {
  const json few = served_.post("/embed", {{"inputs", "the film was good ."}, {"dimensions", 4}}).json();
  expect_near(few[0], embedder_.embed({"the film was good ."}, {.dimensions = 4})[0].values);
}

TEST_F(EmbedderRoutes, SimilarityGivesCosines) {
  const json body = {
      {"inputs",
       {{"source_sentence", "the film was good ."}, {"sentences", {"a film", "the film was good ."}}}}};
  const json cosines = served_.post("/similarity", body).json();
  ASSERT_EQ(cosines.size(), 2U);
  EXPECT_NEAR(cosines[0].get<double>(), cosine(expected_[0].values, expected_[1].values), kTolerance);
  EXPECT_NEAR(cosines[1].get<double>(), 1, kTolerance);
}

TEST_F(EmbedderRoutes, EmbeddingsAreAsOpenAiHasThem) {
  const json answer =
      served_.post("/v1/embeddings", {{"input", {"the film was good .", "a film"}}, {"model", "x"}}).json();
  EXPECT_EQ(answer["object"], "list");
  EXPECT_EQ(answer["model"], "tiny");
  EXPECT_EQ(answer["usage"]["prompt_tokens"], answer["usage"]["total_tokens"]);
  ASSERT_EQ(answer["data"].size(), 2U);
  EXPECT_EQ(answer["data"][1]["object"], "embedding");
  EXPECT_EQ(answer["data"][1]["index"], 1);
  expect_near(answer["data"][1]["embedding"], expected_[1].values);

  const json coded = served_.post("/embeddings", {{"input", "a film"}, {"encoding_format", "base64"}}).json();
  const std::string bytes = from_base64(coded["data"][0]["embedding"].get<std::string>()).value();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  expect_near(json(values), expected_[1].values);
}

TEST(NerRoute, GivesEntitiesAsThePipelineDoes) {
  const ServedTiny served(HeadKind::token_classification);
  const std::string text = "the journey of a charming movie was great";
  const TokenClassifier tagger(served->model);
  const TaggedText expected = tagger.tag({{text}}, {.aggregation = Aggregation::simple})[0];
  const json found =
      served->post("/ner", {{"inputs", text}, {"parameters", {{"aggregation_strategy", "simple"}}}}).json();
  ASSERT_EQ(found.size(), expected.entities.size());
  ASSERT_GT(found.size(), 0U);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Entity& entity = expected.entities[i];
    EXPECT_THAT(keys_of(found[i]),
                testing::UnorderedElementsAre("entity_group", "score", "word", "start", "end"));
    EXPECT_EQ(found[i]["entity_group"], entity.entity_group);
    EXPECT_EQ(found[i]["word"], text.substr(entity.begin, entity.end - entity.begin));
    EXPECT_NEAR(found[i]["score"].get<double>(), entity.score, kTolerance);
  }
  const json tokens = served->post("/ner", {{"inputs", {text, "a"}}}).json();
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_THAT(keys_of(tokens[0][0]),
              testing::UnorderedElementsAre("entity", "score", "index", "word", "start", "end"));
}

TEST(AnswerRoute, GivesAPassageOfTheContext) {
  const ServedTiny served(HeadKind::question_answering);
  std::string context = "caf\xC3\xA9 ";  // an answer's place counts characters
  for (int i = 0; i < 30; ++i) context += "the journey was a charming movie and not flat ";
  const QuestionAnswerer answerer(served->model);
  const Answer expected =
      answerer.answer("what was it?", context, {.max_length = 64, .allow_no_answer = false});
  ASSERT_GT(expected.windows, 3U);
  for (const json& body : {json{{"question", "what was it?"}, {"context", context}},
                           json{{"inputs", {{"question", "what was it?"}, {"context", context}}}}}) {
    const json found = served->post("/answer", body).json();
    EXPECT_EQ(found["answer"], expected.text);
    EXPECT_EQ(found["start"], expected.begin - 1);
    EXPECT_EQ(found["end"], expected.end - 1);
    EXPECT_NEAR(found["score"].get<double>(), expected.score, kTolerance);
  }
}

TEST(TokenizeRoute, GivesTokensAndTheirPlaces) {
  const ServedTiny served(HeadKind::classification);
  const json tokens = served->post("/tokenize", {{"inputs", "a journey"}}).json();
  ASSERT_EQ(tokens.size(), 1U);
  ASSERT_EQ(tokens[0].size(), 4U);
  EXPECT_EQ(tokens[0][0]["text"], "[CLS]");
  EXPECT_EQ(tokens[0][0]["special"], true);
  EXPECT_TRUE(tokens[0][0]["start"].is_null());
  json journey = tokens[0][2];
  journey.erase("id");
  EXPECT_EQ(journey, json({{"text", "journey"}, {"special", false}, {"start", 2}, {"stop", 9}}));
  const json bare =
      served->post("/tokenize", {{"inputs", {"a journey", "a"}}, {"add_special_tokens", false}}).json();
  ASSERT_EQ(bare.size(), 2U);
  EXPECT_EQ(bare[0].size(), 2U);
}

TEST(TokenizeRoute, ReadsSpecialTokensOfATextAsPlainText) {
  const ServedTiny served(HeadKind::classification);
  const json lists =
      served->post("/tokenize", {{"inputs", {"a [SEP] b", "[SEP]"}}, {"add_special_tokens", false}}).json();
  for (const json& token : lists[0]) EXPECT_EQ(token["special"], false);
  EXPECT_GT(lists[1].size(), 1U);
}

TEST(DecodeRoute, GivesTheTextOfIds) {
  const ServedTiny served(HeadKind::classification);
  const json lists = served->post("/tokenize", {{"inputs", "a charming journey"}}).json();
  json ids = json::array();
  for (const json& token : lists[0]) ids.push_back(token["id"]);
  EXPECT_EQ(served->post("/decode", {{"ids", ids}}).json(), json::array({"a charming journey"}));
  EXPECT_EQ(served->post("/decode", {{"ids", {ids, ids}}, {"skip_special_tokens", false}}).json(),
            json::array({"[CLS] a charming journey [SEP]", "[CLS] a charming journey [SEP]"}));
}

class ExplainRoute : public testing::TestWithParam<HeadKind> {};

INSTANTIATE_TEST_SUITE_P(Heads, ExplainRoute,
                         testing::Values(HeadKind::classification, HeadKind::token_classification,
                                         HeadKind::question_answering),
                         [](const auto& of) {
                           std::string name(name_of(of.param));
                           std::erase(name, ' ');
                           return name;
                         });

TEST_P(ExplainRoute, SaysWhereTokensLeaveAndWhatThatSaves) {
  const ServedTiny served(GetParam());
  const json one = served->post("/explain", {{"inputs", "a charming journey , a very flat movie"}}).json();
  EXPECT_EQ(one["layers"], 3);
  ASSERT_EQ(one["tokens_kept"].size(), 3U);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    std::size_t kept = 0;
    for (const json& token : one["tokens"])
      kept += token["skimmed_at"].is_null() || token["skimmed_at"].get<std::size_t>() > layer ? 1 : 0;
    EXPECT_EQ(one["tokens_kept"][layer], kept);
  }
  EXPECT_LT(one["tokens_kept"][2], one["tokens"].size()) << "tests of skimming need a token that is skimmed";
  EXPECT_LT(one["macs"], one["dense_macs"]);
}

TEST_P(ExplainRoute, FollowsTheThresholdOfTheRequest) {
  const ServedTiny served(GetParam());
  const auto kept_at = [&](double threshold) {
    const json body = {{"inputs", json::array({json::array({"a charming journey , a very flat movie"})})},
                       {"skim_threshold", threshold}};
    return served->post("/explain", body).json()[0]["tokens_kept"];
  };
  EXPECT_GT(kept_at(-1e9)[2], kept_at(0)[2]);
  EXPECT_GE(kept_at(0)[2], kept_at(0.5)[2]);
  EXPECT_EQ(kept_at(1e9)[0], 1) << "the first token is protected";
}

TEST(InfoRoute, DescribesTheModel) {
  const ServedTiny served(HeadKind::classification);
  const json info = served->get("/info").json();
  EXPECT_EQ(info["model_id"], "tiny");
  EXPECT_EQ(info["model_dtype"], "float32");
  EXPECT_EQ(info["model_type"]["classifier"]["id2label"]["2"], "good");
  EXPECT_EQ(info["model_type"]["classifier"]["label2id"]["good"], 2);
  EXPECT_EQ(info["max_input_length"], 64);
  EXPECT_EQ(info["max_client_batch_size"], 32);
  EXPECT_EQ(info["auto_truncate"], true);
  const ServedModelDirectory embedder(golden_path("sentence_transformers/mean"));
  EXPECT_EQ(embedder.get("/info").json()["model_type"], json({{"embedding", {{"pooling", "mean"}}}}));
}

TEST(HealthRoute, IsEmpty) {
  const ServedTiny served(HeadKind::classification);
  for (const char* path : {"/health", "/ping"}) {
    const HttpReply reply = served->get(path);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "");
  }
}

}  // namespace
}  // namespace transkimmer::test
