// The sparse vectors of texts: those of sentence-transformers' SparseEncoder.

#include "transkimmer/sparse_embedder.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/json/json.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// scripts/golden/vocabulary_heads.py wrote these models and what SparseEncoder makes of some texts, in
/// float64.
class GoldenSparse : public testing::TestWithParam<std::string> {
 protected:
  fs::path directory = golden_path("vocabulary_heads") / GetParam();
  json expected = read_json(directory / "expected.json");
  std::vector<std::string> texts = expected["texts"];
  std::vector<std::string_view> views{texts.begin(), texts.end()};
};

INSTANTIATE_TEST_SUITE_P(Models, GoldenSparse, testing::Values("splade", "splade_sum"),
                         [](const auto& tested) { return tested.param; });

TEST_P(GoldenSparse, VectorsEqualThoseOfSentenceTransformers) {
  const SparseEmbedder embedder = SparseEmbedder::load(directory, {.threads = 2});
  EXPECT_TRUE(SparseEmbedder::is_meant_by(embedder.model()));
  const std::vector<SparseEmbedding> found = embedder.embed(views, {.batch_tokens = 30});
  ASSERT_EQ(found.size(), expected["vectors"].size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::vector<float> dense(expected["vectors"][i].size(), 0.0F);
    float last = found[i].values.front().value;
    for (const SparseValue& value : found[i].values) {
      dense[static_cast<std::size_t>(value.index)] = value.value;
      EXPECT_GT(value.value, 0);
      EXPECT_LE(value.value, last) << "by descending value";
      last = value.value;
    }
    for (std::size_t k = 0; k < dense.size(); ++k)
      EXPECT_NEAR(dense[k], expected["vectors"][i][k].get<double>(), 1e-5) << i << ' ' << k;
  }
}

TEST_P(GoldenSparse, TheLargestValuesAreThoseThatItDecodes) {
  const SparseEmbedder embedder = SparseEmbedder::load(directory, {.threads = 1});
  const std::vector<SparseEmbedding> found = embedder.embed(views, {.max_active_dims = 3});
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].values.size(), 3U);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(found[i].values[k].token, expected["decoded"][i][k][0]);
  }
}

TEST(SparseEmbedder, TakesAnyMaskedLanguageModel) {
  const TemporaryDirectory directory;
  fs::copy(golden_path("vocabulary_heads/splade"), directory.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const auto values = [&] {
    return SparseEmbedder::load(directory.path(), {.threads = 1})
        .embed({"the film was good ."})
        .front()
        .values.size();
  };
  const std::size_t as_said = values();
  fs::remove(directory / "modules.json");
  EXPECT_FALSE(SparseEmbedder::is_meant_by(Model::load(directory.path(), {.threads = 1})));
  EXPECT_EQ(values(), as_said);
}

TEST(SparseEmbedder, RefusesWhatItDoesNotKnow) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "classifier", {});
  EXPECT_THROW(SparseEmbedder::load(directory / "classifier"), UsageError);
  const fs::path copy = directory / "copy";
  fs::copy(golden_path("vocabulary_heads/splade"), copy, fs::copy_options::recursive);
  write_file_atomically(copy / "1_SpladePooling/config.json", "{\"pooling_strategy\": \"mean\"}");
  try {
    SparseEmbedder::load(copy);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(),
                testing::EndsWith("'pooling_strategy' is \"mean\", expected \"max\" or \"sum\""));
  }
  json modules = read_json(copy / "modules.json");
  modules.push_back({{"path", "2_Normalize"}, {"type", "sentence_transformers.models.Normalize"}});
  write_file_atomically(copy / "modules.json", modules.dump());
  EXPECT_THROW(SparseEmbedder::load(copy), FormatError);
}

}  // namespace
}  // namespace transkimmer::test
