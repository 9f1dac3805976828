// A predictor that multiplies in bf16 decides as it does in f32.

#include "runtime/cpu/skim_predictor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"
#include "compute/usable_precision.h"

namespace transkimmer {
namespace {

using test::random_floats;
using test::widened;

constexpr std::size_t kRows = PackedLinear::kMaxRows;

std::vector<double> rounded(const std::vector<float>& values) {
  std::vector<Bf16> narrow(values.size());
  write_operand(values.data(), 1, {Precision::bf16, narrow.data(), nullptr, values.size()});
  std::vector<double> wide;
  for (const Bf16 value : narrow) wide.push_back(widened(value));
  return wide;
}

std::vector<double> widened_all(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

double length(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}

/// matrix x, matrix [rows, x.size()].
std::vector<double> times(const std::vector<double>& matrix, const std::vector<double>& x) {
  std::vector<double> y(matrix.size() / x.size());
  for (std::size_t i = 0; i < matrix.size(); ++i) y[i / x.size()] += matrix[i] * x[i % x.size()];
  return y;
}

// ---- The bound of the projection's error

struct Shape {
  std::size_t hidden, predictor;
};

/// By how much C x moves in bf16, over the length of x.
double moved(const std::vector<float>& projection, const std::vector<float>& x) {
  std::vector<double> difference = times(widened_all(projection), widened_all(x));
  const std::vector<double> narrow = times(rounded(projection), rounded(x));
  for (std::size_t j = 0; j < difference.size(); ++j) difference[j] -= narrow[j];
  return length(difference) / length(widened_all(x));
}

class ProjectionError : public testing::TestWithParam<Shape> {};

TEST_P(ProjectionError, IsNeverExceeded) {
  const auto [hidden, predictor] = GetParam();
  const auto projection = random_floats(predictor * hidden, 1, {.most = 0.04F});
  const double error = rounded_projection_error(projection, predictor);
  for (std::uint64_t seed = 2; seed < 22; ++seed)
    EXPECT_LE(moved(projection, random_floats(hidden, seed, {.most = 3.0F})), error);
  // Along a row all products have one sign, and these values lie as far from bf16's as any.
  std::vector<float> worst(projection.begin(), projection.begin() + static_cast<std::ptrdiff_t>(hidden));
  for (float& value : worst) value = std::copysign(1.0F + 0x1p-8F, value);
  EXPECT_LE(moved(projection, worst), error);
}

TEST_P(ProjectionError, OfOneDirectionIsNoLargerThanThatDirectionAsks) {
  const auto [hidden, predictor] = GetParam();
  // Rows that are the first one times powers of two: one singular value, and rounding errors to match.
  auto projection = random_floats(predictor * hidden, 1, {.most = 0.04F});
  for (std::size_t i = hidden; i < projection.size(); ++i)
    projection[i] = std::ldexp(projection[i % hidden], static_cast<int>(i / hidden % 8));
  const double whole = length(widened_all(projection));
  const double error = rounded_projection_error(projection, predictor);
  EXPECT_LE(error, 2.1 * 0x1p-8 * whole);
  EXPECT_GE(error, 0x1p-8 * whole);
}

TEST_P(ProjectionError, IsReachedWhereAllRoundingErrorsAddUp) {
  const auto [hidden, predictor] = GetParam();
  // Halfway between two numbers of bf16, and rounded down.
  const std::vector<float> projection(predictor * hidden, 1.0F + 0x1p-8F), x(hidden, 1.0F + 0x1p-8F);
  const double error = rounded_projection_error(projection, predictor);
  EXPECT_LE(moved(projection, x), error);
  EXPECT_GE(moved(projection, x), 0.95 * error);
}

TEST_P(ProjectionError, OfZerosIsZero) {
  const auto [hidden, predictor] = GetParam();
  EXPECT_EQ(rounded_projection_error(std::vector<float>(predictor * hidden), predictor), 0);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ProjectionError,
                         testing::Values(Shape{768, 64}, Shape{256, 64}, Shape{32, 16}, Shape{30, 7},
                                         Shape{64, 64}, Shape{16, 40}, Shape{768, 1}, Shape{256, 256}));

// ---- Decisions

struct Case {
  Shape shape;
  Precision operand;
  float mean;  ///< of hidden states
};

/// A predictor, rows for it, and what f32 makes of them.
class RoundedPredictor : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (usable_precision(Precision::bf16) != Precision::bf16) GTEST_SKIP() << "no AVX-512 BF16";
    operand_.reserve(kRows, hidden(), GetParam().operand);
    write_operand(x_.data(), kRows, operand_.rows(x_.data()));
    own_.projected.reserve(kRows * size());
    own_.rounded.reserve(kRows, hidden(), Precision::bf16);
    own_.doubtful.reserve(kRows * hidden());
    for (std::size_t row = 0; row < kRows; ++row) take_statistics(row);
    EXPECT_EQ(margins(exact_, 0, f32_), kRows);
  }

  std::size_t hidden() const { return GetParam().shape.hidden; }
  std::size_t size() const { return GetParam().shape.predictor; }

  void take_statistics(std::size_t row) {
    const float* const values = x_.data() + row * hidden();
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < hidden(); ++i) sum += values[i];
    const double mean = sum / static_cast<double>(hidden());
    for (std::size_t i = 0; i < hidden(); ++i) squares += std::pow(values[i] - mean, 2);
    means_[row] = static_cast<float>(mean);
    deviations_[row] = static_cast<float>(
        1 / std::sqrt(squares / static_cast<double>(hidden()) + static_cast<double>(kPredictorNormEpsilon)));
  }

  PredictorWeights predictor(bool with_rounded) {
    const std::vector<float> no_bias(size());
    PredictorWeights made{PackedLinear({hidden(), size()}, projection_, no_bias, 1, kernels_),
                          random_floats(size(), 2),
                          {random_floats(size(), 3, {.most = 0.5F, .offset = 1}), random_floats(size(), 4)},
                          random_floats(size(), 5),
                          0.125F,
                          std::nullopt};
    if (with_rounded)
      add_rounded_projection(made,
                             PackedLinear({hidden(), size(), Activation::none, Precision::bf16}, projection_,
                                          no_bias, 1, kernels_),
                             projection_);
    return made;
  }

  std::size_t margins(const PredictorWeights& weights, double threshold, std::vector<float>& margins) {
    return predict_margins(weights,
                           {x_.data(),
                            operand_.rows(x_.data()),
                            {kPredictorNormEpsilon, deviations_.data(), means_.data()},
                            kRows},
                           threshold, own_, margins.data());
  }

  /// C takes the mean out of any x, as folding makes it.
  static std::vector<float> centred(std::vector<float> projection, std::size_t hidden) {
    for (auto row = projection.begin(); row != projection.end(); row += static_cast<std::ptrdiff_t>(hidden)) {
      double mean = 0;
      for (std::size_t i = 0; i < hidden; ++i)
        mean += row[static_cast<std::ptrdiff_t>(i)] / static_cast<double>(hidden);
      for (std::size_t i = 0; i < hidden; ++i)
        row[static_cast<std::ptrdiff_t>(i)] -= static_cast<float>(mean);
    }
    return projection;
  }

  MatrixKernelCache kernels_;
  std::vector<float> x_ = random_floats(kRows * hidden(), 7, {.most = 2, .offset = GetParam().mean});
  std::vector<float> projection_ = centred(random_floats(size() * hidden(), 1, {.most = 0.05F}), hidden());
  std::vector<float> means_ = std::vector<float>(kRows), deviations_ = std::vector<float>(kRows),
                     f32_ = std::vector<float>(kRows), found_ = std::vector<float>(kRows);
  OperandBuffer operand_;
  PredictorBuffers own_;
  PredictorWeights exact_ = predictor(false),
                   rounded_ = predictor(usable_precision(Precision::bf16) == Precision::bf16);
};

TEST_P(RoundedPredictor, DecidesAsF32WhereverTheThresholdLies) {
  // On the margins themselves, next to them, and between them.
  for (const float margin : f32_) {
    for (const double threshold :
         {static_cast<double>(margin), static_cast<double>(std::nextafter(margin, 9.0F)),
          static_cast<double>(std::nextafter(margin, -9.0F)), margin + 1e-3}) {
      const std::size_t doubts = margins(rounded_, threshold, found_);
      EXPECT_GE(doubts, 1U);
      for (std::size_t row = 0; row < kRows; ++row)
        ASSERT_EQ(found_[row] > threshold, f32_[row] > threshold) << row << ' ' << threshold;
    }
  }
}

TEST_P(RoundedPredictor, GivesTheMarginsNextToTheThresholdInF32) {
  for (std::size_t row = 0; row < kRows; ++row) {
    margins(rounded_, f32_[row], found_);
    EXPECT_FLOAT_EQ(found_[row], f32_[row]);
  }
}

TEST_P(RoundedPredictor, TakesF32OnlyWhereItDoubts) {
  EXPECT_EQ(margins(rounded_, 1000, found_), 0U);
  EXPECT_EQ(margins(rounded_, -1000, found_), 0U);
  EXPECT_NE(found_, f32_) << "bf16 rounds";
  for (std::size_t row = 0; row < kRows; ++row) EXPECT_NEAR(found_[row], f32_[row], 0.1);
  // Margins lie some units apart, and what bf16 proves is a tenth of that.
  if (hidden() >= 256 && GetParam().mean == 0) {
    EXPECT_LT(margins(rounded_, f32_[0], found_), kRows / 2);
  }
}

TEST_P(RoundedPredictor, LeavesNotANumberToF32) {
  x_[3] = std::numeric_limits<float>::quiet_NaN();
  write_operand(x_.data(), kRows, operand_.rows(x_.data()));
  take_statistics(0);
  EXPECT_EQ(margins(rounded_, 1000, found_), 1U);
  EXPECT_TRUE(std::isnan(found_[0]));
}

TEST_P(RoundedPredictor, LeavesWhatIsTooLargeToF32) {
  for (std::size_t i = 0; i < hidden(); ++i) x_[i] *= 1e30F;
  deviations_[0] = 1;  // as it is where the variance left the range of floats
  write_operand(x_.data(), kRows, operand_.rows(x_.data()));
  EXPECT_EQ(margins(rounded_, 1000, found_), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RoundedPredictor,
    testing::Values(Case{{768, 64}, Precision::bf16, 0}, Case{{768, 64}, Precision::int8, 0},
                    Case{{768, 64}, Precision::int8, 5}, Case{{256, 64}, Precision::bf16, 0.1F},
                    Case{{30, 7}, Precision::int8, 0}, Case{{32, 16}, Precision::bf16, -1},
                    Case{{64, 100}, Precision::int8, 0}));

// ---- The bound of the margin's error

/// A predictor and a row that bf16 leads as far off as any: all rounding errors of the row point along the
/// only direction of C, in which the row itself hardly lies; the margin looks at that direction, where GELU
/// is steepest.
struct WorstCase {
  static constexpr std::size_t kHidden = 768, kSize = 64;

  WorstCase() {
    for (std::size_t i = 0; i < kHidden; ++i) {
      const float sign = i % 2 == 0 ? 1.0F : -1.0F;
      const bool up = i % 4 < 2;  // rounded up, to 1 + 2^-6; the others down, to 1
      x[i] = sign * (up ? 1.0F + 3 * 0x1p-8F : 1.0F + 0x1p-8F);
      projection[i] = (up ? sign : -sign) * 0x1p-6F;
      projection[kHidden + i] = -projection[i];
    }
    for (std::size_t j = 2; j < kSize; ++j) bias[j] = j % 2 == 0 ? 0.25F : -0.25F;
  }

  PredictorWeights predictor(MatrixKernelCache& kernels, float decision_bias = 0) const {
    const std::vector<float> none(kSize);
    std::vector<float> decision(kSize);
    decision[0] = 1;
    decision[1] = -1;
    PredictorWeights made{PackedLinear({kHidden, kSize}, projection, none, 1, kernels),
                          bias,
                          {std::vector<float>(kSize, 1.0F), std::vector<float>(kSize, std::sqrt(2.0F))},
                          decision,
                          decision_bias,
                          {}};
    add_rounded_projection(
        made, PackedLinear({kHidden, kSize, Activation::none, Precision::bf16}, projection, none, 1, kernels),
        projection);
    return made;
  }

  std::vector<float> x = std::vector<float>(kHidden), projection = std::vector<float>(kSize * kHidden),
                     bias = std::vector<float>(kSize);
};

class MarginError : public testing::Test {
 protected:
  void SetUp() override {
    if (usable_precision(Precision::bf16) != Precision::bf16) GTEST_SKIP() << "no AVX-512 BF16";
    own_.projected.reserve(WorstCase::kSize);
    own_.rounded.reserve(1, WorstCase::kHidden, Precision::bf16);
    own_.doubtful.reserve(WorstCase::kHidden);
  }

  /// The margin, and whether it took f32.
  std::pair<float, bool> judge(const PredictorWeights& predictor, double threshold) {
    float mean = 0, inverse = 1, margin = 0;
    const std::size_t doubts =
        predict_margins(predictor, {worst_.x.data(), {}, {kPredictorNormEpsilon, &inverse, &mean}, 1},
                        threshold, own_, &margin);
    return {margin, doubts == 1};
  }

  WorstCase worst_;
  MatrixKernelCache kernels_;
  PredictorBuffers own_;
};

TEST_F(MarginError, IsBoundedTightly) {
  const PredictorWeights predictor = worst_.predictor(kernels_);
  const float rounded = judge(predictor, 1000).first;
  const auto provable = [&](double distance) { return !judge(predictor, rounded - distance).second; };
  double low = 0, high = 1000;
  while (high - low > 1e-6) (provable((low + high) / 2) ? high : low) = (low + high) / 2;
  const float exact = judge(predictor, rounded).first;
  const double moved = std::abs(static_cast<double>(rounded) - exact);
  EXPECT_LE(moved, high);
  EXPECT_GE(moved, 0.8 * high) << "a bound so loose proves little";
}

TEST_F(MarginError, IsNeverOvershotByTheThreshold) {
  const PredictorWeights predictor = worst_.predictor(kernels_);
  const float rounded = judge(predictor, 1000).first, exact = judge(predictor, rounded).first;
  for (int i = 0; i <= 100; ++i) {
    const double threshold = exact + (static_cast<double>(rounded) - exact) * i / 100;
    const auto [margin, in_f32] = judge(predictor, threshold);
    EXPECT_TRUE(in_f32) << i;
    EXPECT_EQ(margin > threshold, exact > threshold) << i;
  }
}

TEST_F(MarginError, AllowsForTheDigitsThatALargeSumLoses) {
  const float large = 1e6F;  // floats there are a sixteenth apart
  const PredictorWeights predictor = worst_.predictor(kernels_, large);
  const float rounded = judge(predictor, 0).first;
  EXPECT_TRUE(judge(predictor, rounded + 0.0625).second);
}

}  // namespace
}  // namespace transkimmer
