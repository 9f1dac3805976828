#include "runtime/cpu/skim_predictor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <oneapi/dnnl/dnnl.h>

#include "compute/products/matrix_kernels.h"

namespace transkimmer {
namespace {

/// The largest relative errors of rounding to the nearest float and the nearest bf16.
constexpr double kFloatRounding = 0x1p-24;
constexpr double kBf16Rounding = 0x1p-8;

/// The largest slope of GELU is 1.1290, at the square root of two.
constexpr double kSteepestGelu = 1.13;

/// A projection this long is not judged: the squares of its values might leave the range of floats.
constexpr double kLongestProvable = 1e15;

using OfEachRow = std::array<float, PackedLinear::kMaxRows>;

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
  const double rounding_of_these_sums = 1 + static_cast<double>(matrix.size()) * kFloatRounding;
  std::vector<float> power = product(matrix, matrix, rows, true);
  double bound = 1, exponent = 0.5;
  for (int squared = 0;; ++squared) {
    const double size = length(power);
    bound *= std::pow(size, exponent);
    if (squared == kSquarings || size == 0) return rounding_of_these_sums * bound;
    for (float& value : power) value = static_cast<float>(value / size);
    power = product(power, power, rows, false);
    exponent /= 2;
  }
}

std::vector<float> rounding_errors(std::span<const float> values) {
  std::vector<Bf16> rounded(values.size());
  write_operand(values.data(), 1, {Precision::bf16, rounded.data(), nullptr, values.size()});
  std::vector<float> errors(values.begin(), values.end());
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] -= widened(rounded[i]);
  return errors;
}

SkimDecision decision_of(const PredictorWeights& predictor) {
  return {predictor.projection_bias.data(),
          {predictor.norm.gamma.data(), predictor.norm.beta.data(), kPredictorEpsilon},
          predictor.decision.data(),
          predictor.decision_bias};
}

/// An upper bound of the error that rounding the projection brings into a margin.
///
/// The projection moves by d = projection_error |x| / deviation at most, and |x| / deviation by the mean of x
/// and its share of the deviation. Of two vectors that are d apart and at least a and a - d long, the
/// directions are at most d / (a - d / 2) apart, and the LayerNorm after it looks at directions alone.
double margin_error(const RoundedProjection& rounded, const LinearShape& shape, double mean_over_deviation,
                    float projected_inverse_deviation) {
  const auto hidden = static_cast<double>(shape.in), size = static_cast<double>(shape.out);
  const double moved =
      rounded.projection_error * std::sqrt(hidden * (1 + mean_over_deviation * mean_over_deviation));
  const double projected = std::sqrt(size) / projected_inverse_deviation;
  // Not-a-number is not smaller either.
  if (!(moved < projected && projected < kLongestProvable)) return std::numeric_limits<double>::infinity();
  return rounded.steepness * moved / (projected - moved / 2) + rounded.margin_rounding;
}

void margins_in_f32(const PredictorWeights& predictor, const float* x, const float* inverse_deviations,
                    std::size_t rows, float* projected, float* margins) {
  predictor.projection.multiply(x, rows, projected);
  skim_margins(projected, inverse_deviations, decision_of(predictor), {rows, predictor.decision.size()},
               margins);
}

/// The margins in bf16's precision; `projected_inverse_deviations` as the kernel
/// skim_margins gives them.
void rounded_margins(const PredictorWeights& predictor, const JudgedRows& rows, const PredictorBuffers& own,
                     float* margins, float* projected_inverse_deviations) {
  OperandRows operand = rows.operand;
  if (operand.precision != Precision::bf16) {
    operand = own.rounded.rows(nullptr);
    write_operand(rows.x, rows.rows, operand);
  }
  float* const projected = own.projected.data();
  predictor.rounded->linear.multiply(operand, rows.rows, projected);
  skim_margins(projected, rows.statistics.inverse_deviations, decision_of(predictor),
               {rows.rows, predictor.decision.size()}, margins, projected_inverse_deviations);
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

void add_rounded_projection(PredictorWeights& predictor, PackedLinear linear,
                            std::span<const float> projection) {
  const std::size_t size = predictor.decision.size();
  const double root = std::sqrt(static_cast<double>(size));
  double squares = 0, terms = std::abs(predictor.decision_bias);
  for (std::size_t j = 0; j < size; ++j) {
    const double gamma = std::abs(predictor.norm.gamma[j]), weight = std::abs(predictor.decision[j]);
    squares += std::pow(gamma * weight, 2);
    terms += weight * (std::abs(predictor.norm.beta[j]) + gamma * root);
  }
  // The LayerNorm makes the projection sqrt(size) long; GELU and the last layer follow. As many floats are
  // summed as there are outputs, and each passes some 16 operations more.
  predictor.rounded = RoundedProjection{std::move(linear), rounded_projection_error(projection, size),
                                        kSteepestGelu * root * std::sqrt(squares),
                                        2 * static_cast<double>(size + 16) * kFloatRounding * terms};
}

std::size_t predict_margins(const PredictorWeights& predictor, const JudgedRows& rows, double threshold,
                            const PredictorBuffers& own, float* margins) {
  const RowStatistics& statistics = rows.statistics;
  float* const projected = own.projected.data();
  if (!predictor.rounded) {
    margins_in_f32(predictor, rows.x, statistics.inverse_deviations, rows.rows, projected, margins);
    return rows.rows;
  }
  OfEachRow projected_inverse_deviations, inverse_deviations, exact;
  rounded_margins(predictor, rows, own, margins, projected_inverse_deviations.data());

  const LinearShape& shape = predictor.projection.shape();
  std::array<std::size_t, PackedLinear::kMaxRows> doubtful{};
  std::size_t doubts = 0;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const float inverse = statistics.inverse_deviations[row];
    const double error =
        margin_error(*predictor.rounded, shape, static_cast<double>(statistics.means[row]) * inverse,
                     projected_inverse_deviations[row]);
    const double of_row = rows.thresholds == nullptr ? threshold : rows.thresholds[row];
    if (std::abs(static_cast<double>(margins[row]) - of_row) > error) continue;
    std::copy_n(rows.x + row * shape.in, shape.in, own.doubtful.data() + doubts * shape.in);
    inverse_deviations[doubts] = inverse;
    doubtful[doubts++] = row;
  }
  if (doubts == 0) return 0;
  margins_in_f32(predictor, own.doubtful.data(), inverse_deviations.data(), doubts, projected, exact.data());
  for (std::size_t i = 0; i < doubts; ++i) margins[doubtful[i]] = exact[i];
  return doubts;
}

}  // namespace transkimmer
