// bf16 and int8 against f32: what they may differ by, and what they must not.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"
#include "compute/kernels/instruction_sets.h"
#include "compute/kernels/kernels.h"
#include "compute/kernels/quantization.h"
#include "compute/products/packed_linear.h"
#include "compute/usable_precision.h"
#include "runtime/cpu/workspace.h"
#include "runtime/engine.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

using test::gelu;
using test::random_floats;
using test::TemporaryDirectory;
using test::TinyModel;
using test::widened;
using test::write_tiny_model;

bool machine_has(Precision precision) {
  return usable_precision(precision) == precision;
}

// ---- Products

struct Case {
  std::size_t in, out, rows;
  Activation activation;
  int panels;
};

/// x as an operand of `precision`, with the memory that holds it.
struct Operand {
  Operand(const std::vector<float>& x, std::size_t columns, Precision precision)
      : floats(x), scales(x.size() / columns) {
    buffer.reserve(scales.size(), columns, precision);
    rows = buffer.rows(floats.data());
    write_operand(floats.data(), scales.size(), rows);
  }
  std::vector<float> floats, scales;
  OperandBuffer buffer;
  OperandRows rows;
};

class RoundedProduct : public testing::TestWithParam<Case> {
 protected:
  /// The largest difference to a product in double, over the norms of the two vectors multiplied: rounding
  /// errors are relative to those.
  double error_of(Precision precision) const {
    const auto [in, out, rows, activation, panels] = GetParam();
    const auto weight = random_floats(out * in, 1), bias = random_floats(out, 2);
    const auto x = random_floats(rows * in, 3);
    MatrixKernelCache kernels;
    // As the encoder has it: another product reads what an activation leaves.
    const bool rounded = precision != Precision::f32 && activation != Activation::none;
    const PackedLinear linear({in, out, activation, precision, rounded}, weight, bias, panels, kernels);
    const Operand operand(x, in, precision);
    std::vector<float> y(rows * out, NAN);
    linear.multiply(operand.rows, rows, y.data());
    double worst = 0;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < out; ++column) {
        double sum = bias[column], left = 0, right = 0;
        for (std::size_t k = 0; k < in; ++k) {
          const double a = x[row * in + k], b = weight[column * in + k];
          sum += a * b;
          left += a * a;
          right += b * b;
        }
        const double expected = activation == Activation::gelu ? gelu(sum) : sum;
        const std::size_t i = row * out + column;
        const double found = rounded ? widened(reinterpret_cast<const Bf16*>(y.data())[i]) : y[i];
        worst = std::max(worst, std::abs(found - expected) / (std::sqrt(left * right) + 1));
      }
    return worst;
  }
};

/// Each factor is off by at most 2^-9 of itself; the errors are independent, so that they add up like the
/// products' squares. Twice that for the activation's rounding and bad luck among thousands of values.
TEST_P(RoundedProduct, InBf16IsOffByTheRoundingOfItsFactors) {
  if (!machine_has(Precision::bf16)) GTEST_SKIP() << "no AVX-512 BF16";
  EXPECT_LT(error_of(Precision::bf16), 2 * 2 * std::ldexp(1.0, -9));
}

/// Uniform values of largest magnitude 1: steps of 1/127, so errors of 1/(127 sqrt(12)) in both factors, of
/// root mean square 1/sqrt(3). Over the norms that is sqrt(2) / 127 / 2 / sqrt(in) for a sum of `in`; the
/// worst of thousands is within five times.
TEST_P(RoundedProduct, InInt8IsOffByHalfAStepOfItsFactors) {
  if (!machine_has(Precision::int8)) GTEST_SKIP() << "no AVX-512 VNNI";
  const double expected = std::sqrt(2.0) / 254 / std::sqrt(static_cast<double>(GetParam().in));
  EXPECT_LT(error_of(Precision::int8), 5 * expected);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RoundedProduct,
    testing::Values(Case{32, 96, 1, Activation::none, 1}, Case{32, 64, 7, Activation::gelu, 2},
                    Case{96, 3, 5, Activation::none, 2}, Case{7, 1, 3, Activation::none, 4},
                    Case{30, 90, 17, Activation::gelu, 2}, Case{128, 512, 64, Activation::gelu, 2},
                    Case{128, 512, 65, Activation::none, 3}, Case{250, 201, 130, Activation::gelu, 2},
                    Case{768, 768, 33, Activation::none, 2}));

TEST(Int8Product, DoesNotSaturateItsSums) {
  if (!machine_has(Precision::int8)) GTEST_SKIP() << "no AVX-512 VNNI";
  constexpr std::size_t kIn = 3072, kOut = 70, kRows = 5;
  // The largest sums there are, of both signs: 16-bit intermediate sums would clip them.
  std::vector<float> weight(kOut * kIn, 1.0F), x(kRows * kIn, 1.0F);
  std::fill_n(x.begin(), kIn, -1.0F);
  const std::vector<float> bias(kOut, 0.0F);
  MatrixKernelCache kernels;
  const PackedLinear linear({kIn, kOut, Activation::none, Precision::int8}, weight, bias, 1, kernels);
  const Operand operand(x, kIn, Precision::int8);
  std::vector<float> y(kRows * kOut);
  linear.multiply(operand.rows, kRows, y.data());
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], i < kOut ? -3072.0F : 3072.0F, 0.01F) << i;
}

// ---- Quantised values

TEST(Quantization, AWeightIsWithinHalfAStepOfItself) {
  const auto weight = random_floats(17 * 33, 5, {.most = 0.3F, .offset = 0.1F});
  const QuantizedWeight quantized = quantize_weight(weight, 17);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const float scale = quantized.scales[i / 33];
    EXPECT_LE(std::abs(static_cast<float>(quantized.values[i]) * scale - weight[i]), 0.5001F * scale) << i;
  }
}

TEST(Quantization, EveryRowUsesTheWholeRange) {
  const auto weight = random_floats(9 * 40, 6);
  const QuantizedWeight quantized = quantize_weight(weight, 9);
  for (std::size_t row = 0; row < 9; ++row) {
    int largest = 0;
    for (std::size_t k = 0; k < 40; ++k)
      largest = std::max(largest, std::abs(static_cast<int>(quantized.values[row * 40 + k])));
    EXPECT_EQ(largest, 127) << row;
  }
}

TEST(Quantization, RowsOfZerosAndOfTinyValuesBecomeZeros) {
  std::vector<float> weight(3 * 8, 0.0F);
  std::fill_n(weight.begin() + 8, 8, 1e-38F);
  std::fill_n(weight.begin() + 16, 8, 3e38F);
  const QuantizedWeight quantized = quantize_weight(weight, 3);
  EXPECT_THAT(std::vector<std::int8_t>(quantized.values.begin(), quantized.values.begin() + 16),
              testing::Each(std::int8_t{0}));
  EXPECT_EQ(quantized.scales[0], 0.0F);
  EXPECT_EQ(quantized.values[16], 127);
  EXPECT_FLOAT_EQ(quantized.scales[2] * 127, 3e38F);
}

/// The passes that write operands, on every instruction set.
class OperandRowsOn : public EachInstructionSet {};

TEST_P(OperandRowsOn, Int8IsWithinHalfAStepWhateverTheSize) {
  for (const std::size_t columns : {1, 7, 16, 33, 130}) {
    const auto x = random_floats(5 * columns, columns, {.most = 3.0F, .offset = -1.0F});
    const Operand operand(x, columns, Precision::int8);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float scale = operand.rows.scales[i / columns];
      const auto value = static_cast<float>(static_cast<const std::int8_t*>(operand.rows.values)[i]);
      ASSERT_LE(std::abs(value * scale - x[i]), 0.5001F * scale) << columns << ' ' << i;
    }
  }
}

TEST_P(OperandRowsOn, Bf16IsTheNearestAndTiesGoToEven) {
  // 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 * 2^-8 between that and 1 + 2^-6.
  const float step = std::ldexp(1.0F, -7);
  std::vector<float> x = {1 + step / 2, 1 + 3 * step / 2, 1 + step * 0.49F, -(1 + step * 0.51F),
                          0.0F,         3.4e38F,          1e-40F,           -INFINITY};
  x.resize(37, 1.5F);
  const Operand operand(x, x.size(), Precision::bf16);
  const auto* bits = static_cast<const Bf16*>(operand.rows.values);
  EXPECT_EQ(bits[0], 0x3F80);
  EXPECT_EQ(bits[1], 0x3F82);
  EXPECT_EQ(bits[2], 0x3F80);
  EXPECT_EQ(bits[3], 0xBF81);
  EXPECT_EQ(bits[4], 0);
  EXPECT_EQ(bits[5], 0x7F80) << "beyond the largest bf16";
  EXPECT_EQ(bits[6], 1) << "a subnormal number";
  EXPECT_EQ(bits[7], 0xFF80);
  for (std::size_t i = 8; i < x.size(); ++i) EXPECT_EQ(bits[i], 0x3FC0);
}

TEST_P(OperandRowsOn, NotANumberStaysVisible) {
  for (const std::size_t at : {0, 20, 36}) {
    std::vector<float> x(37, 1.0F);
    const std::uint32_t all_ones = 0x7FFFFFFF;  // rounding up would carry into the sign
    std::memcpy(&x[at], &all_ones, sizeof all_ones);
    const Operand rounded(x, x.size(), Precision::bf16);
    EXPECT_GT(static_cast<const Bf16*>(rounded.rows.values)[at] & 0x7FFF, 0x7F80) << at;
    const Operand quantized(x, x.size(), Precision::int8);
    EXPECT_TRUE(std::isnan(quantized.rows.scales[0])) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, OperandRowsOn, testing::ValuesIn(instruction_sets()), instruction_set_name);

TEST(Quantization, AWeightThatIsNotFiniteIsNotHidden) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const QuantizedWeight quantized = quantize_weight(std::vector<float>{1, bad, 2, 3}, 2);
    EXPECT_FALSE(std::isfinite(quantized.scales[0]));
    EXPECT_TRUE(std::isfinite(quantized.scales[1]));
  }
}

// ---- The engine

constexpr std::size_t kSequences = 24;

RaggedBatch random_batch(const ModelConfig& config, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  RaggedBatch batch;
  for (std::size_t i = 0; i < kSequences; ++i) {
    const auto longest = static_cast<std::uint64_t>(config.max_tokens());
    std::vector<std::int32_t> ids(i == 0 ? longest : i == 1 ? 1 : 1 + random() % longest);
    for (auto& id : ids)
      id = static_cast<std::int32_t>(5 + random() % static_cast<std::uint64_t>(config.vocab_size - 5));
    batch.add(ids);
  }
  return batch;
}

RaggedBatch only(const RaggedBatch& batch, std::size_t i) {
  RaggedBatch one;
  one.add(std::span(batch.ids).subspan(batch.starts[i], batch.starts[i + 1] - batch.starts[i]));
  return one;
}

struct Shape {
  std::int64_t hidden, heads, intermediate, predictor;
  HeadKind head;
};

using Variant = std::tuple<Shape, Precision>;

class EngineInPrecision : public testing::TestWithParam<Variant> {
 protected:
  EngineInPrecision() {
    const auto& [shape, precision] = GetParam();
    TinyModel model;
    model.hidden_size = shape.hidden;
    model.heads = shape.heads;
    model.intermediate_size = shape.intermediate;
    model.predictor_size = shape.predictor;
    model.head = shape.head;
    config = write_tiny_model(directory.path(), model);
    batch = random_batch(config, 11);
  }
  void SetUp() override {
    if (!machine_has(std::get<1>(GetParam()))) GTEST_SKIP() << "no instructions for it";
  }

  Engine load(Precision precision, int threads = 2) const {
    EngineOptions options;
    options.threads = threads;
    options.precision = precision;
    return Engine::load(directory.path(), options);
  }

  TemporaryDirectory directory;
  ModelConfig config;
  RaggedBatch batch;
};

/// Root mean square of the differences over that of the logits' own deviations from their mean.
double relative_error(const std::vector<float>& expected, const std::vector<float>& found) {
  double mean = 0, spread = 0, error = 0;
  for (const float value : expected) mean += value / static_cast<double>(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    spread += std::pow(expected[i] - mean, 2);
    error += std::pow(static_cast<double>(expected[i]) - found[i], 2);
  }
  return std::sqrt(error / spread);
}

/// A product's error is relative to its factors' norms (above), about 0.3 % in bf16 and, for factors whose
/// largest value is three times their root mean square, 1 % in int8. A random model of three layers has a
/// dozen products in a row, each behind a LayerNorm that keeps the relation, and its logits lie close
/// together.
TEST_P(EngineInPrecision, StaysNearF32) {
  const Precision precision = std::get<1>(GetParam());
  EngineOptions options;
  options.skimming = false;  // a decision that differs is another computation
  const BatchResult expected = Engine::load(directory.path(), options).run(batch);
  options.precision = precision;
  const BatchResult found = Engine::load(directory.path(), options).run(batch);
  const double error = relative_error(expected.logits, found.logits);
  RecordProperty("relative_error", std::to_string(error));
  EXPECT_LT(error, precision == Precision::bf16 ? 0.02 : 0.08);
  EXPECT_GT(error, 0) << "the same bits: it ran in f32";
}

TEST_P(EngineInPrecision, MostSkimDecisionsAreThoseOfF32) {
  const Precision precision = std::get<1>(GetParam());
  const BatchResult expected = load(Precision::f32).run(batch), found = load(precision).run(batch);
  std::size_t different = 0;
  for (std::size_t t = 0; t < batch.tokens(); ++t) different += expected.skimmed_at[t] != found.skimmed_at[t];
  EXPECT_LT(static_cast<double>(different) / static_cast<double>(batch.tokens()),
            precision == Precision::bf16 ? 0.02 : 0.06);
}

/// The first layer's decisions come from embeddings, which every precision computes alike.
TEST_P(EngineInPrecision, TheFirstLayersDecisionsAreExactlyThoseOfF32) {
  const BatchResult expected = load(Precision::f32).run(batch),
                    found = load(std::get<1>(GetParam())).run(batch);
  for (std::size_t t = 0; t < batch.tokens(); ++t)
    ASSERT_EQ(expected.skimmed_at[t] == 0, found.skimmed_at[t] == 0) << t;
}

TEST_P(EngineInPrecision, TakesF32ForFewerMarginsTheFartherTheThreshold) {
  const auto margins_in_f32 = [this](Precision precision, double threshold) {
    EngineOptions options;
    options.precision = precision;
    options.skim_threshold = threshold;
    return Engine::load(directory.path(), options).run(batch).margins_in_f32;
  };
  const std::size_t layers = static_cast<std::size_t>(config.num_hidden_layers);
  EXPECT_EQ(margins_in_f32(Precision::f32, -1000), layers * batch.tokens());
  if (!machine_has(Precision::bf16)) GTEST_SKIP() << "predictors do not round";
  EXPECT_EQ(margins_in_f32(std::get<1>(GetParam()), -1000), 0U);
  EXPECT_GT(margins_in_f32(std::get<1>(GetParam()), 0), 0U) << "margins of random weights are near it";
}

/// Rounding to bf16 may turn a difference in the last bit of a sum into one of a bf16 step, and int8 into one
/// of a quantisation step: rare, and small against what the precision itself is off by.
TEST_P(EngineInPrecision, ABatchEqualsItsSequencesRunAlone) {
  const Engine engine = load(std::get<1>(GetParam()));
  const BatchResult together = engine.run(batch);
  const bool every_token = config.head == HeadKind::question_answering;
  const std::size_t width = together.logits.size() / (every_token ? batch.tokens() : kSequences);
  for (std::size_t i = 0; i < kSequences; ++i) {
    const BatchResult alone = engine.run(only(batch, i));
    const std::size_t first = (every_token ? batch.starts[i] : i) * width;
    for (std::size_t k = 0; k < alone.logits.size(); ++k)
      ASSERT_NEAR(alone.logits[k], together.logits[first + k], 2e-3) << "sequence " << i;
    for (std::size_t t = 0; t < alone.skimmed_at.size(); ++t)
      ASSERT_EQ(alone.skimmed_at[t], together.skimmed_at[batch.starts[i] + t]);
  }
}

TEST_P(EngineInPrecision, OneThreadEqualsSeveral) {
  const BatchResult alone = load(std::get<1>(GetParam()), 1).run(batch);
  for (const int threads : {2, 5}) {
    const BatchResult several = load(std::get<1>(GetParam()), threads).run(batch);
    EXPECT_EQ(alone.skimmed_at, several.skimmed_at);
    for (std::size_t i = 0; i < alone.logits.size(); ++i)
      ASSERT_NEAR(alone.logits[i], several.logits[i], 2e-3) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EngineInPrecision,
                         testing::Combine(testing::Values(Shape{32, 4, 64, 16, HeadKind::classification},
                                                          Shape{30, 10, 7, 5, HeadKind::classification},
                                                          Shape{52, 4, 130, 8, HeadKind::question_answering},
                                                          Shape{128, 2, 512, 64, HeadKind::classification}),
                                          testing::Values(Precision::bf16, Precision::int8)),
                         [](const auto& variant) {
                           return "hidden" + std::to_string(std::get<0>(variant.param).hidden) + "_" +
                                  std::string(name_of(std::get<1>(variant.param)));
                         });

TEST(EnginePrecision, IsReportedAsItRuns) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  for (const Precision wanted : {Precision::f32, Precision::bf16, Precision::int8, Precision::automatic}) {
    std::vector<std::string> notices;
    EngineOptions options;
    options.precision = wanted;
    const Engine engine = Engine::load(directory.path(), options,
                                       [&](const std::string& notice) { notices.push_back(notice); });
    EXPECT_EQ(engine.precision(), usable_precision(wanted));
    EXPECT_NE(engine.precision(), Precision::automatic);
    const bool fell_back =
        engine.precision() == Precision::f32 && (wanted == Precision::bf16 || wanted == Precision::int8);
    EXPECT_EQ(notices.size(), fell_back ? 1U : 0U);
  }
}

}  // namespace
}  // namespace transkimmer
