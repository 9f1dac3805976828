// What an embedder makes of texts: what sentence-transformers makes of them.

#include "transkimmer/embedder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/json/json.h"
#include "serving/texts.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void expect_near(const std::vector<Embedding>& found, const json& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].values.size(), expected[i].size()) << i;
    for (std::size_t k = 0; k < found[i].values.size(); ++k)
      EXPECT_NEAR(found[i].values[k], expected[i][k].get<double>(), tolerance) << i << ' ' << k;
  }
}

/// scripts/golden/sentence_transformers_models.py wrote these models and what they make of some texts.
class GoldenEmbedder : public testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path directory = golden_path("sentence_transformers") / GetParam();
  json expected = read_json(directory / "expected.json");
  std::vector<std::string> texts = expected["texts"];
};

INSTANTIATE_TEST_SUITE_P(Models, GoldenEmbedder,
                         testing::Values("mean", "first", "raw_last", "weighted", "several_dense"),
                         [](const auto& tested) { return tested.param; });

TEST_P(GoldenEmbedder, VectorsEqualThoseOfSentenceTransformers) {
  const Embedder embedder = Embedder::load(directory, {.threads = 2});
  expect_near(embedder.embed(views(texts)), expected["vectors"], 1e-5);
  EXPECT_EQ(embedder.dimension(), expected["vectors"][0].size());
  EXPECT_TRUE(embedder.embed(views(texts))[3].truncated) << "max_seq_length is 24";
}

TEST_P(GoldenEmbedder, PromptsArePutBeforeTexts) {
  const Embedder embedder = Embedder::load(directory, {.threads = 1});
  const auto query =
      std::ranges::find(embedder.prompts(), "query", &std::pair<std::string, std::string>::first);
  ASSERT_NE(query, embedder.prompts().end());
  const json& wanted = query->second.empty() ? expected["vectors"] : expected["query"];
  expect_near(embedder.embed(views(texts), {.prompt = query->second}), wanted, 1e-5);
}

TEST_P(GoldenEmbedder, VectorsInOtherPrecisionsPointTheSameWay) {
  const Embedder exact = Embedder::load(directory, {.threads = 1});
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    const Embedder rounded = Embedder::load(directory, {.threads = 1, .precision = precision});
    for (const std::string_view text : views(texts))
      EXPECT_GT(cosine(exact.embed({text}).front().values, rounded.embed({text}).front().values), 0.99);
  }
}

void write_modules(const std::filesystem::path& directory, const json& modules, const json& pooling) {
  write_file_atomically(directory / "modules.json", modules.dump());
  std::filesystem::create_directories(directory / "1_Pooling");
  write_file_atomically(directory / "1_Pooling/config.json", pooling.dump());
}

json module_of(const std::string& type, const std::string& path = "") {
  return {{"type", "sentence_transformers.models." + type}, {"path", path}};
}

const json kUsualModules = {module_of("Transformer"), module_of("Pooling", "1_Pooling"),
                            module_of("Normalize", "2_Normalize")};

TEST(Embedder, OfASkimmingModelPoolsWhatTokensLeftWith) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::none, .max_tokens = 120});
  write_modules(directory.path(), kUsualModules, {{"word_embedding_dimension", 32}});
  const Embedder embedder = Embedder::load(directory.path(), {.threads = 2});
  const std::vector<std::string> texts = random_texts(30);
  const std::vector<Embedding> together = embedder.embed(views(texts), {.batch_tokens = 300});
  int skimmed = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Embedding alone = embedder.embed({texts[i]}).front();
    EXPECT_NEAR(cosine(alone.values, together[i].values), 1, 1e-5) << "a batch equals its texts alone";
    EXPECT_NEAR(cosine(alone.values, alone.values), 1, 1e-6);
    skimmed += alone.kept_fraction.back() < 1 ? 1 : 0;
  }
  EXPECT_GT(skimmed, 0) << "a test of skimming must skim something";
}

TEST(Embedder, FoldersOfModulesMayHaveDotsInTheirNames) {
  const TemporaryDirectory directory;
  const std::filesystem::path golden = golden_path("sentence_transformers/several_dense");
  const std::filesystem::path copy = directory.path() / "model";
  std::filesystem::copy(golden, copy, std::filesystem::copy_options::recursive);
  std::filesystem::rename(copy / "2_Dense", copy / "2.Dense");
  json modules = read_json(copy / "modules.json");
  modules[2]["path"] = "2.Dense";
  write_file_atomically(copy / "modules.json", modules.dump());
  const auto embed = [](const std::filesystem::path& model) {
    return Embedder::load(model, {.threads = 1}).embed({"the film was good ."}).front().values;
  };
  EXPECT_EQ(embed(copy), embed(golden));
}

TEST(Embedder, GivesFewerDimensionsOfLengthOne) {
  const Embedder embedder = Embedder::load(golden_path("sentence_transformers/mean"), {.threads = 1});
  const std::vector<float> whole = embedder.embed({"the film was good ."}).front().values;
  const std::vector<float> few = embedder.embed({"the film was good ."}, {.dimensions = 4}).front().values;
  ASSERT_EQ(few.size(), 4U);
  EXPECT_NEAR(cosine(few, std::vector<float>(whole.begin(), whole.begin() + 4)), 1, 1e-6);
  EXPECT_NEAR(std::sqrt(few[0] * few[0] + few[1] * few[1] + few[2] * few[2] + few[3] * few[3]), 1, 1e-6);
  EXPECT_THROW(embedder.embed({"the film"}, {.dimensions = 17}), UsageError);
}

struct BadModules {
  std::string name;
  json modules;
  json pooling;
  std::string message;

  friend std::ostream& operator<<(std::ostream& out, const BadModules& bad) { return out << bad.name; }
};

class MalformedModules : public testing::TestWithParam<BadModules> {};

INSTANTIATE_TEST_SUITE_P(
    Modules, MalformedModules,
    testing::Values(
        BadModules{"NoArray", json::object(), json::object(),
                   "modules.json: found an object, expected an array"},
        BadModules{
            "Unknown",
            {module_of("Transformer"), module_of("Pooling", "1_Pooling"), module_of("CNN")},
            json::object(),
            "modules.json: has the module 'CNN', expected Transformer, Pooling, Dense, Dropout or Normalize"},
        BadModules{"DenseFirst",
                   {module_of("Transformer"), module_of("Dense", "1_Dense")},
                   json::object(),
                   "modules.json: has the module 'Dense', expected Pooling behind Transformer"},
        BadModules{"Elsewhere",
                   {module_of("Pooling", "../1_Pooling")},
                   json::object(),
                   "modules.json: 'path' is \"../1_Pooling\", expected the name of a folder beside it"},
        BadModules{"Width",
                   kUsualModules,
                   {{"word_embedding_dimension", 33}},
                   "1_Pooling/config.json: 'word_embedding_dimension' is 33, expected the hidden size, 32"},
        BadModules{"NoMode",
                   kUsualModules,
                   {{"pooling_mode", json::array()}},
                   "1_Pooling/config.json: 'pooling_mode' names none, expected at least one"},
        BadModules{"UnknownMode",
                   kUsualModules,
                   {{"pooling_mode", "median"}},
                   "1_Pooling/config.json: 'pooling_mode' is \"median\", expected cls, max, mean, "
                   "mean_sqrt_len_tokens, weightedmean or lasttoken"},
        BadModules{"WithoutPrompt",
                   kUsualModules,
                   {{"include_prompt", false}},
                   "1_Pooling/config.json: 'include_prompt' is false, expected true"}),
    testing::PrintToStringParamName());

TEST_P(MalformedModules, AreNamed) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::none});
  write_modules(directory.path(), GetParam().modules, GetParam().pooling);
  try {
    Embedder::load(directory.path());
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), testing::EndsWith(GetParam().message));
  }
}

TEST(Embedder, RefusesAModelOfAnotherKind) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {});
  EXPECT_THROW(Embedder::load(directory.path()), UsageError);
  EXPECT_THROW(cosine(std::vector<float>{1}, std::vector<float>{1, 2}), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
