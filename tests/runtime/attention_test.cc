#include "runtime/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/definitions.h"
#include "runtime/instruction_sets.h"
#include "runtime/workspace.h"

namespace transkimmer {
namespace {

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  return test::random_floats(count, seed, {.most = 2});
}

struct Shape {
  std::size_t queries, tokens, head_size;
};

/// softmax(q k^T) v for one query row, in double.
std::vector<double> attended(const AttentionHead& head, std::size_t row) {
  std::vector<double> weights(head.tokens);
  for (std::size_t t = 0; t < head.tokens; ++t)
    for (std::size_t k = 0; k < head.head_size; ++k)
      weights[t] += static_cast<double>(head.query[row * head.query_stride + k]) *
                    static_cast<double>(head.key[t * head.key_value_stride + k]);
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  std::vector<double> out(head.head_size);
  for (std::size_t t = 0; t < head.tokens; ++t)
    for (std::size_t k = 0; k < head.head_size; ++k)
      out[k] += weights[t] / sum * static_cast<double>(head.value[t * head.key_value_stride + k]);
  return out;
}

class Attention : public EachInstructionSet {};

TEST_P(Attention, EqualsSoftmaxOfScoresTimesValues) {
  for (const Shape shape : {Shape{1, 1, 8}, Shape{1, 70, 64}, Shape{7, 7, 8}, Shape{16, 16, 20},
                            Shape{33, 33, 32}, Shape{64, 64, 64}, Shape{65, 65, 64}, Shape{130, 130, 48}}) {
    const std::size_t query_stride = shape.head_size + 5, stride = 2 * shape.head_size + 3;
    const auto queries = random_floats(shape.queries * query_stride, 1);
    const auto keys = random_floats(shape.tokens * stride, 2);
    std::vector<float> out(shape.queries * query_stride, 77.0F);
    const AttentionHead head{queries.data(), query_stride,   keys.data(),  keys.data() + shape.head_size,
                             stride,         out.data(),     query_stride, shape.queries,
                             shape.tokens,   shape.head_size};
    FloatBuffer scratch;
    attend(head, scratch.reserve(attention_scratch_floats(shape.tokens, shape.head_size)));
    for (std::size_t row = 0; row < shape.queries; ++row) {
      const auto expected = attended(head, row);
      for (std::size_t k = 0; k < shape.head_size; ++k)
        ASSERT_NEAR(out[row * query_stride + k], expected[k], 2e-5) << shape.tokens << ' ' << row << ' ' << k;
      for (std::size_t k = shape.head_size; k < query_stride; ++k)
        ASSERT_EQ(out[row * query_stride + k], 77.0F);
    }
  }
}

TEST_P(Attention, StaysFiniteForScoresFarApart) {
  const std::vector<float> query = {1000, 0, 0, 0, 0, 0, 0, 0};
  std::vector<float> keys(3 * 16, 0.0F);
  keys[0] = 1;    // score 1000
  keys[16] = -1;  // score -1000
  keys[8] = 5;    // the first token's value
  std::vector<float> out(8);
  FloatBuffer scratch;
  attend({query.data(), 8, keys.data(), keys.data() + 8, 16, out.data(), 8, 1, 3, 8},
         scratch.reserve(attention_scratch_floats(3, 8)));
  EXPECT_FLOAT_EQ(out[0], 5.0F);
}

INSTANTIATE_TEST_SUITE_P(Sets, Attention, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace transkimmer
