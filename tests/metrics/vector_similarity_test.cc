#include "metrics/vector_similarity.h"

#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

TEST(CosineSimilarity, IsThatOfTheAngle) {
  const std::vector<float> right = {2, 0}, up = {0, 3}, between = {5, 5}, left = {-1, 0}, none = {0, 0};
  EXPECT_NEAR(cosine_similarity(right, between), 0.70710678, 1e-7);
  EXPECT_NEAR(cosine_similarity(right, up), 0, 1e-12);
  EXPECT_NEAR(cosine_similarity(right, left), -1, 1e-12);
  EXPECT_EQ(cosine_similarity(right, none), 0);
}

TEST(CosinesOfPairs, CompareTheFirstTextsWithTheSecondOnes) {
  const std::vector<float> vectors = {1, 0, /**/ 0, 2, /*second ones*/ 4, 0, /**/ 3, 0};
  EXPECT_EQ(cosines_of_pairs(vectors, 2), (std::vector<double>{1, 0}));
  EXPECT_THROW(cosines_of_pairs(std::vector<float>(6), 2), UsageError);
}

}  // namespace
}  // namespace transkimmer
