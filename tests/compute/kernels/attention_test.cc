#include "compute/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"
#include "compute/kernels/instruction_sets.h"
#include "compute/kernels/kernels.h"
#include "runtime/cpu/workspace.h"

namespace transkimmer {
namespace {

using test::widened;

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  return test::random_floats(count, seed, {.most = 2});
}

struct Shape {
  std::size_t queries, tokens, head_size;
};

/// softmax(q k^T) v for one query row, in double.
template <typename Value>
std::vector<double> attended(const AttentionHeadOf<Value>& head, std::size_t row) {
  const auto at = [](const Value* values, std::size_t i) { return static_cast<double>(widened(values[i])); };
  std::vector<double> weights(head.tokens);
  for (std::size_t t = 0; t < head.tokens; ++t)
    for (std::size_t k = 0; k < head.head_size; ++k)
      weights[t] += at(head.query, row * head.query_stride + k) * at(head.key, t * head.key_value_stride + k);
  if (head.bias != nullptr)
    for (std::size_t t = 0; t < head.tokens; ++t)
      weights[t] += static_cast<double>(*(head.bias + head.places[t] - head.places[row]));
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  std::vector<double> out(head.head_size);
  for (std::size_t t = 0; t < head.tokens; ++t)
    for (std::size_t k = 0; k < head.head_size; ++k)
      out[k] += weights[t] / sum * at(head.value, t * head.key_value_stride + k);
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

/// Places of tokens in a text of which some have left, or none.
std::vector<std::uint32_t> places_of(std::size_t tokens, bool gaps) {
  std::vector<std::uint32_t> places;
  for (std::uint32_t place = 1000; places.size() < tokens; place += gaps && places.size() % 3 == 1 ? 4 : 1)
    places.push_back(place);
  return places;
}

/// By distance, the middle one that of 0; for texts of `longest` tokens.
std::vector<float> random_bias(std::size_t longest) {
  return random_floats(2 * longest - 1, 4);
}

TEST_P(Attention, AddsTheBiasOfTheDistanceOfPlacesToScores) {
  for (const Shape shape :
       {Shape{1, 1, 8}, Shape{1, 70, 64}, Shape{7, 7, 8}, Shape{33, 33, 20}, Shape{65, 65, 64}})
    for (const bool gaps : {false, true}) {
      const auto queries = random_floats(shape.queries * shape.head_size, 1);
      const auto keys = random_floats(shape.tokens * 2 * shape.head_size, 2);
      const auto places = places_of(shape.tokens, gaps);
      const std::size_t longest = places.back() - places.front() + 1;
      const auto bias = random_bias(longest);
      std::vector<float> out(queries.size());
      AttentionHead head{queries.data(),      shape.head_size, keys.data(),     keys.data() + shape.head_size,
                         2 * shape.head_size, out.data(),      shape.head_size, shape.queries,
                         shape.tokens,        shape.head_size};
      head.bias = bias.data() + longest - 1;
      head.places = places.data();
      FloatBuffer scratch;
      attend(head, scratch.reserve(attention_scratch_floats(shape.tokens, shape.head_size)));
      for (std::size_t row = 0; row < shape.queries; ++row) {
        const auto expected = attended(head, row);
        for (std::size_t k = 0; k < shape.head_size; ++k)
          ASSERT_NEAR(out[row * shape.head_size + k], expected[k], 2e-5) << shape.tokens << ' ' << row;
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

// ---- In bf16

std::vector<Bf16> rounded(const std::vector<float>& x) {
  std::vector<Bf16> values(x.size());
  write_operand(x.data(), 1, {Precision::bf16, values.data(), nullptr, x.size()});
  return values;
}

constexpr float kUntouched = 77;
constexpr Bf16 kRoundedUntouched = 0x429A;

/// Random queries, keys and values of which bf16 holds a rounded copy, in rows with room between them.
struct Heads {
  explicit Heads(const Shape& of, const test::Spread& values = {.most = 2})
      : shape(of),
        query_stride(of.head_size + 6),
        stride(2 * of.head_size + 4),
        queries(random_floats(of.queries * query_stride, 1)),
        keys(test::random_floats(of.tokens * stride, 2, values)),
        rounded_queries(rounded(queries)),
        rounded_keys(rounded(keys)),
        out(of.queries * query_stride, kUntouched),
        rounded_out(of.queries * query_stride, kRoundedUntouched) {
    scratch.reserve(attention_scratch_floats(of.tokens, of.head_size));
  }

  template <typename Value>
  AttentionHeadOf<Value> head(const std::vector<Value>& query, const std::vector<Value>& key) {
    return {query.data(), query_stride,   key.data(),   key.data() + shape.head_size,
            stride,       out.data(),     query_stride, shape.queries,
            shape.tokens, shape.head_size};
  }
  AttentionHead in_f32() { return head(queries, keys); }
  RoundedAttentionHead in_bf16() { return head(rounded_queries, rounded_keys); }

  Shape shape;
  std::size_t query_stride, stride;
  std::vector<float> queries, keys;
  std::vector<Bf16> rounded_queries, rounded_keys;
  std::vector<float> out;
  std::vector<Bf16> rounded_out;
  FloatBuffer scratch;
};

class RoundedAttention : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    if (!can_attend_rounded(GetParam().head_size)) GTEST_SKIP() << "no AVX-512 BF16";
  }

  /// Calls compare(row, column, what was found) for every value of the result, and checks that nothing else
  /// was written.
  template <typename Value, typename Compare>
  static void compare_all(const Heads& heads, const std::vector<Value>& out, const Compare& compare) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t row = i / heads.query_stride, column = i % heads.query_stride;
      if (column < heads.shape.head_size) {
        compare(row, column, widened(out[i]));
      } else {
        ASSERT_EQ(widened(out[i]), kUntouched) << row << ' ' << column;
      }
    }
  }
};

/// On the same rounded operands only the weights' rounding is left, at most 2^-8 of each: it moves the mean
/// of values by at most 2^-8 of their mean distance from it, which is less than 2.
TEST_P(RoundedAttention, EqualsSoftmaxOfScoresTimesValues) {
  Heads heads(GetParam());
  const RoundedAttentionHead head = heads.in_bf16();
  attend_rounded(head, heads.scratch.data());
  std::vector<std::vector<double>> expected;
  for (std::size_t row = 0; row < head.queries; ++row) expected.push_back(attended(head, row));
  compare_all(heads, heads.out, [&](std::size_t row, std::size_t column, float found) {
    ASSERT_NEAR(found, expected[row][column], std::ldexp(2.0, -8)) << row << ' ' << column;
  });
}

TEST_P(RoundedAttention, AddsTheBiasOfTheDistanceOfPlacesToScores) {
  for (const bool gaps : {false, true}) {
    Heads heads(GetParam());
    RoundedAttentionHead head = heads.in_bf16();
    const auto places = places_of(head.tokens, gaps);
    const std::size_t longest = places.back() - places.front() + 1;
    const auto bias = random_bias(longest);
    head.bias = bias.data() + longest - 1;
    head.places = places.data();
    attend_rounded(head, heads.scratch.data());
    std::vector<std::vector<double>> expected;
    for (std::size_t row = 0; row < head.queries; ++row) expected.push_back(attended(head, row));
    compare_all(heads, heads.out, [&](std::size_t row, std::size_t column, float found) {
      ASSERT_NEAR(found, expected[row][column], std::ldexp(2.0, -8)) << row << ' ' << column;
    });
  }
}

/// Scores are sums of head_size products of numbers within [-2, 2), root mean square 4/3, both factors off by
/// some 2^-9 of themselves: their error is about 2^-9 * sqrt(2 head_size) * 4/3. Weights are off by that
/// fraction, and so is the mean of values, by what they differ; five times that for bad luck among
/// thousands. Then there is the rounding of the values and weights themselves.
TEST_P(RoundedAttention, IsWithinRoundingOfF32) {
  Heads heads(GetParam());
  attend(heads.in_f32(), heads.scratch.data());
  const std::vector<float> expected = heads.out;
  attend_rounded(heads.in_bf16(), heads.scratch.data());
  const double score_error = std::ldexp(std::sqrt(2.0 * heads.shape.head_size) * 4 / 3, -9);
  compare_all(heads, heads.out, [&](std::size_t row, std::size_t column, float found) {
    ASSERT_NEAR(found, expected[row * heads.query_stride + column], 5 * score_error + 2 * std::ldexp(2.0, -8))
        << row << ' ' << column;
  });
}

TEST_P(RoundedAttention, RoundsItsResultWhereThatIsWanted) {
  Heads heads(GetParam());
  RoundedAttentionHead head = heads.in_bf16();
  attend_rounded(head, heads.scratch.data());
  head.rounded_out = heads.rounded_out.data();
  attend_rounded(head, heads.scratch.data());
  compare_all(heads, heads.rounded_out, [&](std::size_t row, std::size_t column, float found) {
    const float exact = heads.out[row * heads.query_stride + column];
    ASSERT_NEAR(found, exact, std::ldexp(std::abs(exact), -8)) << row << ' ' << column;
  });
}

/// As the weights are divided by the sum of what they were rounded to.
TEST_P(RoundedAttention, KeepsWhatAllValuesHaveInCommon) {
  Heads heads(GetParam());
  RoundedAttentionHead head = heads.in_bf16();
  const std::vector<Bf16> fives(heads.rounded_keys.size(), 0x40A0);
  head.value = fives.data();
  attend_rounded(head, heads.scratch.data());
  compare_all(heads, heads.out, [](std::size_t row, std::size_t column, float found) {
    ASSERT_NEAR(found, 5.0F, 5e-6F) << row << ' ' << column;
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, RoundedAttention,
                         testing::Values(Shape{1, 1, 2}, Shape{1, 1, 64}, Shape{1, 70, 64}, Shape{2, 2, 6},
                                         Shape{7, 7, 8}, Shape{16, 16, 20}, Shape{25, 25, 64},
                                         Shape{33, 33, 32}, Shape{47, 47, 96}, Shape{64, 64, 64},
                                         Shape{65, 65, 80}, Shape{130, 130, 48}, Shape{257, 257, 130}),
                         [](const auto& shape) {
                           const Shape& of = shape.param;
                           return fmt::format("{}x{}x{}", of.queries, of.tokens, of.head_size);
                         });

TEST(RoundedAttentionOfFewTokens, StaysFiniteForScoresFarApart) {
  if (!can_attend_rounded(8)) GTEST_SKIP() << "no AVX-512 BF16";
  const std::vector<Bf16> query = rounded({1000, 0, 0, 0, 0, 0, 0, 0});
  std::vector<float> keys(3 * 16, 0.0F);
  keys[0] = 1;    // score 1000
  keys[16] = -1;  // score -1000
  keys[8] = 5;    // the first token's value
  const std::vector<Bf16> rounded_keys = rounded(keys);
  std::vector<float> out(8);
  FloatBuffer scratch;
  attend_rounded({query.data(), 8, rounded_keys.data(), rounded_keys.data() + 8, 16, out.data(), 8, 1, 3, 8},
                 scratch.reserve(attention_scratch_floats(3, 8)));
  EXPECT_FLOAT_EQ(out[0], 5.0F);
}

}  // namespace
}  // namespace transkimmer
