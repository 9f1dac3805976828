#include "compute/kernels/kernels.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"
#include "compute/kernels/instruction_sets.h"

namespace transkimmer {
namespace {

using test::gelu;
using test::normalized;

std::vector<float> random_floats(std::size_t count, std::uint64_t seed, float offset = 0) {
  return test::random_floats(count, seed, {.most = 4, .offset = offset});
}

std::vector<double> row_of(const std::vector<float>& x, std::size_t row, std::size_t columns) {
  return {x.begin() + static_cast<std::ptrdiff_t>(row * columns),
          x.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns)};
}

class Kernels : public EachInstructionSet {};

TEST_P(Kernels, AddLayerNormEqualsItsDefinition) {
  for (const std::size_t columns : {1, 3, 32, 33, 256}) {
    constexpr std::size_t kRows = 19;
    const RowShape shape{kRows, columns};
    const auto x = random_floats(kRows * columns, 1, 50), residual = random_floats(kRows * columns, 2);
    const auto gamma = random_floats(columns, 3), beta = random_floats(columns, 4);
    std::vector<float> out = residual;  // in place
    add_layer_norm(x.data(), out.data(), {gamma.data(), beta.data(), 1e-12F}, shape, out.data());
    for (std::size_t row = 0; row < kRows && columns > 1; ++row) {
      std::vector<double> sum = row_of(x, row, columns);
      for (std::size_t i = 0; i < columns; ++i) sum[i] += residual[row * columns + i];
      const auto expected = normalized(sum, 1e-12);
      for (std::size_t i = 0; i < columns; ++i)
        ASSERT_NEAR(out[row * columns + i], expected[i] * gamma[i] + beta[i], 1e-4) << columns << ' ' << i;
    }
  }
}

TEST_P(Kernels, AddLayerNormTakesTheMomentsOfWhatItWrites) {
  constexpr std::size_t kRows = 19;
  for (const std::size_t columns : {8, 31, 128}) {
    const auto x = random_floats(kRows * columns, 1), residual = random_floats(kRows * columns, 2);
    const auto gamma = random_floats(columns, 3), beta = random_floats(columns, 4, 20);
    std::vector<float> out(kRows * columns), inverse(kRows), means(kRows);
    add_layer_norm(x.data(), residual.data(), {gamma.data(), beta.data(), 1e-12F}, {kRows, columns},
                   out.data(), {{}, {1e-5F, inverse.data(), means.data()}});
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::vector<double> written = row_of(out, row, columns);
      const auto count = static_cast<double>(columns);
      const double mean = std::accumulate(written.begin(), written.end(), 0.0) / count;
      double variance = 0;
      for (const double value : written) variance += (value - mean) * (value - mean) / count;
      EXPECT_NEAR(inverse[row] * std::sqrt(variance + 1e-5), 1, 1e-5) << columns << ' ' << row;
      EXPECT_NEAR(means[row], mean, 1e-5 * std::sqrt(variance + mean * mean)) << columns << ' ' << row;
    }
  }
}

TEST_P(Kernels, SkimMarginsEqualTheirDefinition) {
  constexpr std::size_t kRows = 17;
  for (const std::size_t columns : {8, 37, 64}) {
    const auto x = random_floats(kRows * columns, 1), weight = random_floats(columns, 2);
    const auto gamma = random_floats(columns, 3), beta = random_floats(columns, 4);
    const auto bias = random_floats(columns, 5), inverse = random_floats(kRows, 6, 5);
    std::vector<float> overwritten = x, out(kRows), deviations(kRows);
    skim_margins(overwritten.data(), inverse.data(),
                 {bias.data(), {gamma.data(), beta.data(), 1e-5F}, weight.data(), 0.25F}, {kRows, columns},
                 out.data(), deviations.data());
    for (std::size_t row = 0; row < kRows; ++row) {
      std::vector<double> projected = row_of(x, row, columns);
      for (std::size_t i = 0; i < columns; ++i) projected[i] = projected[i] * inverse[row] + bias[i];
      const auto unit = normalized(projected, 1e-5);
      EXPECT_NEAR((unit[0] - unit[1]) / (projected[0] - projected[1]), deviations[row], 1e-4);
      double expected = 0.25;
      for (std::size_t i = 0; i < columns; ++i) {
        expected += weight[i] * gelu(unit[i] * gamma[i] + beta[i]);
      }
      EXPECT_NEAR(out[row], expected, 2e-4);
    }
  }
}

TEST_P(Kernels, EmbedAddsThreeTablesAndNormalizes) {
  constexpr std::size_t kColumns = 37, kTokens = 11;
  const auto words = random_floats(kTokens * kColumns, 1), positions = random_floats(kTokens * kColumns, 2);
  const auto type = random_floats(kColumns, 3), gamma = random_floats(kColumns, 4),
             beta = random_floats(kColumns, 5);
  std::vector<EmbeddingRow> tokens;
  for (std::size_t row = 0; row < kTokens; ++row)
    tokens.push_back({&words[row * kColumns], &positions[row * kColumns], type.data()});
  std::vector<float> out(kTokens * kColumns);
  embed(tokens.data(), {gamma.data(), beta.data(), 1e-12F}, {kTokens, kColumns}, out.data());
  for (std::size_t row = 0; row < kTokens; ++row) {
    std::vector<double> sum = row_of(words, row, kColumns);
    for (std::size_t i = 0; i < kColumns; ++i)
      sum[i] += static_cast<double>(positions[row * kColumns + i]) + type[i];
    const auto expected = normalized(sum, 1e-12);
    for (std::size_t i = 0; i < kColumns; ++i)
      ASSERT_NEAR(out[row * kColumns + i], expected[i] * gamma[i] + beta[i], 1e-5) << row << ' ' << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Kernels, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace transkimmer
