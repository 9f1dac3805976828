// Bytes and bits of vectors: those of sentence-transformers' quantize_embeddings.

#include "transkimmer/quantization.h"

#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/json/json.h"
#include "support/golden.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

TEST(GoldenQuantization, BytesAndBitsAreThoseOfSentenceTransformers) {
  const json expected = read_json(golden_path("quantization.json"));
  ValueRanges ranges;
  for (const json& vector : expected["calibration"]) ranges.add(vector.get<std::vector<float>>());
  EXPECT_EQ(ranges.vectors(), expected["calibration"].size());
  for (std::size_t i = 0; i < expected["vectors"].size(); ++i) {
    const auto values = expected["vectors"][i].get<std::vector<float>>();
    EXPECT_EQ(to_int8(values, ranges), expected["int8"][i].get<std::vector<std::int8_t>>()) << i;
    EXPECT_EQ(to_uint8(values, ranges), expected["uint8"][i].get<std::vector<std::uint8_t>>()) << i;
    EXPECT_EQ(to_binary(values), expected["binary"][i].get<std::vector<std::int8_t>>()) << i;
    EXPECT_EQ(to_ubinary(values), expected["ubinary"][i].get<std::vector<std::uint8_t>>()) << i;
  }
}

TEST(Quantization, RefusesVectorsOfAnotherLength) {
  ValueRanges ranges;
  ranges.add(std::vector<float>{1, 2});
  EXPECT_THROW(ranges.add(std::vector<float>{1, 2, 3}), UsageError);
  EXPECT_THROW(to_int8(std::vector<float>{1}, ranges), UsageError);
  EXPECT_THROW(to_uint8(std::vector<float>{1}, ValueRanges()), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
