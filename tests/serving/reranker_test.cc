// What a reranker makes of pairs: what sentence-transformers' CrossEncoder makes of them.

#include "transkimmer/reranker.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/config/change_head.h"
#include "model_files/json/json.h"
#include "serving/texts.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// How a directory says what a logit becomes: a key of config.json, or of config_sentence_transformers.json.
struct Spelling {
  std::string name;
  json config = json::object();   ///< keys of config.json
  json package = json::object();  ///< of config_sentence_transformers.json
  bool identity = false;

  friend std::ostream& operator<<(std::ostream& out, const Spelling& spelling) {
    return out << spelling.name;
  }
};

/// scripts/golden/text_heads.py wrote this model and what CrossEncoder makes of some pairs.
class GoldenReranker : public testing::TestWithParam<Spelling> {
 protected:
  GoldenReranker() {
    fs::copy(golden, directory.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    json config = read_json(golden / "config.json");
    if (!GetParam().config.empty()) config.update(GetParam().config);
    write_file_atomically(directory / "config.json", config.dump());
    fs::remove(directory / "config_sentence_transformers.json");
    if (!GetParam().package.empty())
      write_file_atomically(directory / "config_sentence_transformers.json", GetParam().package.dump());
  }

  std::vector<TextInput> pairs() const {
    std::vector<TextInput> inputs;
    for (const json& pair : expected["pairs"])
      inputs.push_back({pair[0].get_ref<const std::string&>(), pair[1].get_ref<const std::string&>()});
    return inputs;
  }
  std::vector<std::string_view> documents() const {
    std::vector<std::string_view> views;
    for (const json& document : expected["documents"])
      views.push_back(document.get_ref<const std::string&>());
    return views;
  }

  fs::path golden = golden_path("text_heads/reranker");
  json expected = read_json(golden / "expected.json");
  TemporaryDirectory directory;
};

const json kSigmoid = "torch.nn.modules.activation.Sigmoid", kIdentity = "torch.nn.modules.linear.Identity";

INSTANTIATE_TEST_SUITE_P(
    Directories, GoldenReranker,
    testing::Values(
        Spelling{"Version6", {}, {{"model_type", "CrossEncoder"}, {"activation_fn", kIdentity}}, true},
        Spelling{"Version6Sigmoid", {}, {{"model_type", "CrossEncoder"}, {"activation_fn", kSigmoid}}},
        Spelling{"Version6Silent", {}, {{"model_type", "CrossEncoder"}}},
        Spelling{"Version4",
                 {{"sentence_transformers", {{"activation_fn", kIdentity}, {"version", "4.1.0"}}}},
                 {},
                 true},
        Spelling{"Version4Sigmoid", {{"sentence_transformers", {{"activation_fn", kSigmoid}}}}},
        Spelling{"Version3", {{"sbert_ce_default_activation_function", kIdentity}}, {}, true},
        Spelling{"Version3Sigmoid", {{"sbert_ce_default_activation_function", kSigmoid}}}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(GoldenReranker, ScoresEqualThoseOfSentenceTransformers) {
  const Reranker reranker = Reranker::load(directory.path(), {.threads = 2});
  EXPECT_EQ(reranker.model().task(), "text-ranking");
  const std::vector<float> scores = reranker.score(pairs());
  const json& wanted = expected[GetParam().identity ? "identity" : "sigmoid"];
  ASSERT_EQ(scores.size(), wanted.size());
  for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], wanted[i].get<double>(), 1e-5);
}

TEST_P(GoldenReranker, RanksAsSentenceTransformersDoes) {
  const Reranker reranker = Reranker::load(directory.path(), {.threads = 1});
  const std::string query = expected["query"];
  for (const std::size_t most : {std::size_t{0}, std::size_t{3}, std::size_t{9}}) {
    const auto ranked = reranker.rank(query, documents(), most);
    const json& wanted = expected[most == 3 ? "rank_3" : "rank"];
    ASSERT_EQ(ranked.size(), wanted.size());
    for (std::size_t i = 0; i < ranked.size(); ++i) EXPECT_EQ(ranked[i].corpus_id, wanted[i]["corpus_id"]);
  }
}

TEST_P(GoldenReranker, SavingKeepsWhatTheDirectorySaid) {
  const ModelConfig config = ModelConfig::load(directory.path());
  EXPECT_EQ(config.head, HeadKind::reranking);
  fs::remove(directory / "config_sentence_transformers.json");
  config.save(directory.path());
  EXPECT_EQ(ModelConfig::load(directory.path()).head, HeadKind::reranking);
  const float score = Reranker::load(directory.path(), {.threads = 1}).score(pairs()).front();
  EXPECT_NEAR(score, expected[GetParam().identity ? "identity" : "sigmoid"][0].get<double>(), 1e-5);
  with_head(config, HeadKind::regression).save(directory.path());
  EXPECT_EQ(ModelConfig::load(directory.path()).head, HeadKind::regression);
}

TEST(Reranker, TakesAnyRegressorWithASigmoid) {
  const TemporaryDirectory directory;
  fs::copy(golden_path("text_heads/reranker"), directory.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  fs::remove(directory / "config_sentence_transformers.json");
  const json expected = read_json(golden_path("text_heads/reranker/expected.json"));
  const std::string query = expected["pairs"][0][0], text = expected["pairs"][0][1];
  const Model model = Model::load(directory.path(), {.threads = 1});
  EXPECT_EQ(model.task(), "text-classification");
  EXPECT_NEAR(Classifier(model).classify({{query, text}}).front().score,
              expected["identity"][0].get<double>(), 1e-5);
  EXPECT_NEAR(Reranker(model).score({{query, text}}).front(), expected["sigmoid"][0].get<double>(), 1e-5);
}

TEST(Reranker, WantsPairsAndAModelOfOneLabel) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "two", {});
  EXPECT_THROW(Reranker::load(directory / "two"), UsageError);
  write_tiny_model(directory / "one", {.head = HeadKind::reranking, .labels = {"LABEL_0"}});
  const Reranker reranker = Reranker::load(directory / "one", {.threads = 1});
  EXPECT_THROW(reranker.score({{"a single text"}}), UsageError);
  EXPECT_THROW(Classifier::load(directory / "one"), UsageError) << "its number is no class";
}

TEST(Reranker, RefusesAnotherActivation) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::reranking, .labels = {"LABEL_0"}});
  json config = read_json(directory / "config.json");
  config["sentence_transformers"]["activation_fn"] = "torch.nn.modules.activation.Tanh";
  write_file_atomically(directory / "config.json", config.dump());
  try {
    Reranker::load(directory.path());
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("config.json: 'sentence_transformers.activation_fn' is "
                                   "\"torch.nn.modules.activation.Tanh\", expected Sigmoid or Identity"));
  }
}

TEST(Reranker, ProtectsTheWholeQueryWhereTheModelSaysSo) {
  const TemporaryDirectory directory;
  TinyModel tiny = {.head = HeadKind::reranking, .labels = {"LABEL_0"}, .max_tokens = 120};
  write_tiny_model(directory / "first", tiny);
  tiny.protection = SkimProtection::question;
  write_tiny_model(directory / "query", tiny);
  const std::vector<std::string> texts = random_texts(30);
  std::vector<TextInput> pairs;
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) pairs.push_back({texts[i], texts[i + 1]});
  const auto count_skimmed = [&](const char* name, bool second) {
    const Reranker reranker = Reranker::load(directory / name, {.threads = 1});
    std::size_t skimmed = 0;
    reranker.score(pairs, {.trace_tokens = true}, [&](std::size_t, const Relevance& result) {
      for (const TokenTrace& token : result.tokens)
        skimmed +=
            token.end > 0 && token.second == second && token.skimmed_at < reranker.model().layers() ? 1 : 0;
    });
    return skimmed;
  };
  EXPECT_GT(count_skimmed("first", false), 0U);
  EXPECT_EQ(count_skimmed("query", false), 0U);
  EXPECT_GT(count_skimmed("query", true), 0U);
}

}  // namespace
}  // namespace transkimmer::test
