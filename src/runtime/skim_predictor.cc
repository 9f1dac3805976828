#include "runtime/skim_predictor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include <oneapi/dnnl/dnnl.h>

#include "runtime/matrix_kernels.h"

namespace transkimmer {
namespace {

/// The largest relative errors of rounding to the nearest float and the nearest bf16.
constexpr double kFloatRounding = 0x1p-24;
constexpr double kBf16Rounding = 0x1p-8;

/// The largest slope of GELU is 1.1290, at the square root of two.
constexpr double kSteepestGelu = 1.13;

using OfEachRow = std::array<float, PackedLinear::max_rows>;

double length(std::span<const float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

/// a b^T if `transposed`, else a b; a [rows, inner], the result [rows, rows].
std::vector<float> product(std::span<const float> a, std::span<const float> b, std::size_t rows,
                           bool transposed) {
  const auto inner = static_cast<dnnl_dim_t>(a.size() / rows), outer = static_cast<dnnl_dim_t>(rows);
  std::vector<float> c(rows * rows);
  const dnnl_status_t status = dnnl_sgemm('N', transposed ? 'T' : 'N', outer, outer, inner, 1.0F, a.data(),
                                          inner, b.data(), transposed ? inner : outer, 0.0F, c.data(), outer);
  if (status != dnnl_success)
    rethrow(dnnl::error(status, "a matrix product failed"), "bound a skim predictor");
  return c;
}

/// An upper bound of the largest singular value of `matrix` [rows, columns], at most rows^(1 / 16) times as
/// large. With G = M M^T, that value to the eighth is G^4's largest, and no larger than the length of G^4.
/// Powers are divided by their lengths on the way, lest they overflow.
double largest_singular_value(std::span<const float> matrix, std::size_t rows) {
  constexpr int kSquarings = 2;
  constexpr double kRoundingOfTheseSums = 1.001;
  std::vector<float> power = product(matrix, matrix, rows, true);
  double bound = 1, exponent = 0.5;
  for (int squared = 0;; ++squared) {
    const double size = length(power);
    bound *= std::pow(size, exponent);
    if (squared == kSquarings || size == 0) return kRoundingOfTheseSums * bound;
    for (float& value : power) value = static_cast<float>(value / size);
    power = product(power, power, rows, false);
    exponent /= 2;
  }
}

std::vector<float> rounding_errors(std::span<const float> values) {
  std::vector<Bf16> rounded(values.size());
  write_operand(values.data(), 1, {Precision::bf16, rounded.data(), nullptr, values.size()});
  std::vector<float> errors(values.begin(), values.end());
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(rounded[i]) << 16U;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    errors[i] -= value;
  }
  return errors;
}

SkimDecision decision_of(const PredictorWeights& predictor) {
  return {predictor.projection_bias.data(),
          {predictor.norm.gamma.data(), predictor.norm.beta.data(), kPredictorNormEpsilon},
          predictor.decision.data(),
          predictor.decision_bias};
}

/// How far a margin can be off that follows from a rounded projection.
///
/// The projection moves by d = error |x| / deviation at most, and |x| / deviation by the mean of x and its
/// share of the deviation. Of two vectors that are d apart and at least a and a - d long, the directions are
/// at most d / (a - d / 2) apart: that is what the LayerNorm after it makes of d, times sqrt(predictor). GELU
/// and the last layer multiply it by no more than kSteepestGelu |gamma * decision|.
class MarginErrors {
 public:
  MarginErrors(const PredictorWeights& predictor, std::size_t hidden)
      : hidden_(static_cast<double>(hidden)),
        size_(static_cast<double>(predictor.decision.size())),
        projection_(predictor.rounded->error) {
    double squares = 0;
    for (std::size_t j = 0; j < predictor.decision.size(); ++j)
      squares += std::pow(static_cast<double>(predictor.norm.gamma[j]) * predictor.decision[j], 2);
    steepness_ = kSteepestGelu * std::sqrt(size_ * squares);
  }

  double of(float mean, float inverse_deviation, float projected_inverse_deviation) const {
    const double offset = static_cast<double>(mean) * inverse_deviation;
    const double moved = projection_ * std::sqrt(hidden_ * (1 + offset * offset));
    const double projected = std::sqrt(size_) / projected_inverse_deviation;
    // Not-a-number is not smaller either.
    if (!(moved < projected)) return std::numeric_limits<double>::infinity();
    return steepness_ * (moved / (projected - moved / 2) + float_rounding());
  }

 private:
  /// Of the sums after the projection, in either precision.
  double float_rounding() const { return 4 * size_ * kFloatRounding; }

  double hidden_, size_, projection_;
  double steepness_ = 0;
};

void margins_in_f32(const PredictorWeights& predictor, const float* x, const float* inverse_deviations,
                    std::size_t rows, float* projected, float* margins) {
  predictor.projection.multiply(x, rows, projected);
  skim_margins(projected, inverse_deviations, decision_of(predictor), {rows, predictor.decision.size()},
               margins);
}

/// The margins in bf16's precision; `projected_deviations` is as in the kernel skim_margins.
void rounded_margins(const PredictorWeights& predictor, const JudgedRows& rows, const PredictorBuffers& own,
                     float* margins, float* projected_deviations) {
  OperandRows operand = rows.operand;
  if (operand.precision != Precision::bf16) {
    operand = own.rounded.rows(nullptr);
    write_operand(rows.x, rows.rows, operand);
  }
  float* const projected = own.projected.data();
  predictor.rounded->linear.multiply(operand, rows.rows, projected);
  skim_margins(projected, rows.statistics.inverse_deviations, decision_of(predictor),
               {rows.rows, predictor.decision.size()}, margins, projected_deviations);
}

}  // namespace

double rounded_projection_error(std::span<const float> projection, std::size_t rows) {
  const double columns = static_cast<double>(projection.size()) / static_cast<double>(rows);
  const double of_x = largest_singular_value(projection, rows) * kBf16Rounding;
  const double of_projection =
      largest_singular_value(rounding_errors(projection), rows) * (1 + kBf16Rounding);
  // Each of the two sums of `columns` products rounds as often.
  const double of_sums = 2 * columns * kFloatRounding * length(projection);
  return of_x + of_projection + of_sums;
}

std::size_t predict_margins(const PredictorWeights& predictor, const JudgedRows& rows, double threshold,
                            const PredictorBuffers& own, float* margins) {
  const RowStatistics& statistics = rows.statistics;
  float* const projected = own.projected.data();
  if (!predictor.rounded) {
    margins_in_f32(predictor, rows.x, statistics.inverse_deviations, rows.rows, projected, margins);
    return rows.rows;
  }
  OfEachRow projected_deviations, deviations, exact;
  rounded_margins(predictor, rows, own, margins, projected_deviations.data());

  const std::size_t hidden = predictor.projection.shape().in;
  const MarginErrors errors(predictor, hidden);
  std::array<std::size_t, PackedLinear::max_rows> doubtful;
  std::size_t doubts = 0;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const double error =
        errors.of(statistics.means[row], statistics.inverse_deviations[row], projected_deviations[row]);
    if (std::abs(static_cast<double>(margins[row]) - threshold) > error) continue;
    std::copy_n(rows.x + row * hidden, hidden, own.doubtful.data() + doubts * hidden);
    deviations[doubts] = statistics.inverse_deviations[row];
    doubtful[doubts++] = row;
  }
  if (doubts == 0) return 0;
  margins_in_f32(predictor, own.doubtful.data(), deviations.data(), doubts, projected, exact.data());
  for (std::size_t i = 0; i < doubts; ++i) margins[doubtful[i]] = exact[i];
  return doubts;
}

}  // namespace transkimmer
