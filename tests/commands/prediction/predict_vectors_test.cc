// Vectors that predict prints: as numbers, bytes or bits, and sparse ones.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "transkimmer/embedder.h"
#include "transkimmer/quantization.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

const std::string kTexts = "the film was good .\na bad film\ngood , good\n";

class PredictVectors : public ::testing::Test {
 protected:
  ProcessResult predict(const Arguments& more, const std::string& input = kTexts) const {
    Arguments all = {"predict", "--model", model_, "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all, input);
  }

  std::string model_ = golden_path("sentence_transformers/mean").string();
};

template <typename Byte>
std::vector<std::string> lines_of(const std::vector<Embedding>& embeddings,
                                  const std::function<std::vector<Byte>(std::span<const float>)>& quantize) {
  std::vector<std::string> lines;
  for (const Embedding& embedding : embeddings) {
    std::string& line = lines.emplace_back();
    for (const int number : quantize(embedding.values))
      line += (line.empty() ? "" : " ") + std::to_string(number);
  }
  return lines;
}

TEST_F(PredictVectors, AreBytesOfTheRangesOfAllTexts) {
  const std::vector<Embedding> embeddings =
      Embedder::load(model_, {.threads = 1}).embed({"the film was good .", "a bad film", "good , good"});
  ValueRanges ranges;
  for (const Embedding& embedding : embeddings) ranges.add(embedding.values);
  const ProcessResult result = predict({"--embedding-precision", "int8"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("those of 3 vectors alone"));
  EXPECT_EQ(result.out_lines(), lines_of<std::int8_t>(embeddings, [&](std::span<const float> values) {
              return to_int8(values, ranges);
            }));
  EXPECT_EQ(predict({"--embedding-precision", "uint8"}).out_lines(),
            lines_of<std::uint8_t>(embeddings,
                                   [&](std::span<const float> values) { return to_uint8(values, ranges); }));
}

TEST_F(PredictVectors, AreBitsOfTheirSigns) {
  const std::vector<Embedding> embeddings =
      Embedder::load(model_, {.threads = 1}).embed({"the film was good .", "a bad film", "good , good"});
  EXPECT_EQ(predict({"--embedding-precision", "ubinary"}).out_lines(),
            lines_of<std::uint8_t>(embeddings, to_ubinary));
  const json first = json::parse(predict({"--embedding-precision", "binary", "--json"}).out_lines().front());
  const std::vector<std::int8_t> expected = to_binary(embeddings.front().values);
  EXPECT_EQ(first["embedding"], json(std::vector<int>(expected.begin(), expected.end())));
}

TEST_F(PredictVectors, KeepToTheRangesOfOtherTexts) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "calibration.txt", kTexts);
  const ProcessResult result =
      predict({"--embedding-precision", "int8", "--calibration", (directory / "calibration.txt").string()},
              "a bad film\n");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "note: the model has no skim predictors: it runs dense\n");
  EXPECT_EQ(result.out_lines().front(), predict({"--embedding-precision", "int8"}).out_lines()[1]);
}

TEST_F(PredictVectors, ThatHaveNoRangesAreRefused) {
  const ProcessResult single = predict({"--embedding-precision", "int8"}, "a bad film\n");
  EXPECT_EQ(single.status, 2);
  EXPECT_THAT(single.err, HasSubstr("--calibration"));
  const ProcessResult pointless = predict({"--calibration", "nothing.txt"});
  EXPECT_EQ(pointless.status, 2);
  EXPECT_THAT(pointless.err, HasSubstr("--calibration goes with --embedding-precision int8 or uint8"));
}

TEST_F(PredictVectors, OfASparseEncoderAreTokensWithTheirValues) {
  model_ = golden_path("vocabulary_heads/splade").string();
  const ProcessResult result = predict({"--max-active-dims", "2", "--json"}, "the film\n");
  ASSERT_EQ(result.status, 0) << result.err;
  const json object = json::parse(result.out);
  ASSERT_EQ(object["sparse"].size(), 2U);
  EXPECT_GE(object["sparse"][0]["value"], object["sparse"][1]["value"]);
  const std::string plain = predict({"--max-active-dims", "1"}, "the film\n").out;
  EXPECT_THAT(plain, HasSubstr(object["sparse"][0]["token"].get<std::string>() + ": "));
}

TEST_F(PredictVectors, AreMadeSparseOfAnyMaskedLanguageModelWhenAsked) {
  model_ = golden_path("vocabulary_heads/bert").string();
  const ProcessResult filled = predict({"--top-k", "2", "--json"}, "the [MASK] was good\n");
  ASSERT_EQ(filled.status, 0) << filled.err;
  EXPECT_EQ(json::parse(filled.out)["fill"].size(), 2U);
  EXPECT_TRUE(json::parse(predict({"--sparse", "--json"}, "the film\n").out).contains("sparse"));
  model_ = golden_path("sentence_transformers/mean").string();
  EXPECT_EQ(predict({"--sparse"}, "the film\n").status, 2);
}

}  // namespace
}  // namespace transkimmer::test
