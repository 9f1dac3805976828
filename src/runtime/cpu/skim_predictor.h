#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "compute/kernels/kernels.h"
#include "compute/products/packed_linear.h"
#include "model/weight_specs.h"
#include "runtime/cpu/workspace.h"

namespace transkimmer {

/// A LayerNorm's parameters, each [columns].
struct NormParameters {
  std::vector<float> gamma;
  std::vector<float> beta;
};

/// A predictor's projection C in bf16, which takes half the time, and what that may do to a margin.
struct RoundedProjection {
  PackedLinear linear;
  /// At most this is |C x - bf16(C) bf16(x)| for any x of length 1, sums of floats on both sides included.
  double projection_error = 0;
  /// How far the margin moves at most for each unit by which the projection, made of length 1, moves.
  double steepness = 0;
  /// What sums of floats after the projection add to a margin's error, on both sides.
  double margin_rounding = 0;
};

/// One skim predictor: LayerNorm -> Linear -> LayerNorm -> GELU -> Linear. With the first LayerNorm's gamma
/// and beta, W (gamma * (x - mean) / deviation + beta) + b equals C x / deviation + (W beta + b), where C is
/// W diag(gamma) less the mean of each of its rows: that takes the mean out of any x. So the product reads
/// the hidden states as they are. The second LayerNorm takes out what all outputs have in common, so that C
/// and its bias come without it. Of the last layer only the keep row minus the skim row is needed.
struct PredictorWeights {
  PackedLinear projection;             ///< C, without a bias; [hidden] -> [predictor]
  std::vector<float> projection_bias;  ///< [predictor]
  NormParameters norm;                 ///< [predictor]
  std::vector<float> decision;         ///< [predictor]
  float decision_bias = 0;
  std::optional<RoundedProjection> rounded;  ///< where it is of use: see predict_margins
};

/// The epsilon of the predictors' LayerNorms.
inline constexpr auto kPredictorEpsilon = static_cast<float>(kPredictorNormEpsilon);

/// RoundedProjection::projection_error of C, [rows, columns] row-major.
double rounded_projection_error(std::span<const float> projection, std::size_t rows);

/// Gives the predictor its rounded projection: `linear` is C in bf16, `projection` C itself.
void add_rounded_projection(PredictorWeights& predictor, PackedLinear linear,
                            std::span<const float> projection);

/// Rows that a predictor judges.
struct JudgedRows {
  const float* x = nullptr;            ///< [rows, hidden]
  OperandRows operand;                 ///< the same rows as the layers' products read them
  RowStatistics statistics;            ///< of x, for kPredictorEpsilon
  std::size_t rows = 0;                ///< at most PackedLinear::kMaxRows
  const double* thresholds = nullptr;  ///< [rows], in place of one for all
};

/// margins[row] = logit_keep - logit_skim [rows] (paper, section 3.2): in f32, unless the predictor has a
/// rounded projection.
///
/// Then only those margins whose side of `threshold` bf16 does not prove are computed in f32. The others are
/// as good as bf16 makes them, and lie on the side on which f32's lie. Returns how many took f32.
std::size_t predict_margins(const PredictorWeights& predictor, const JudgedRows& rows, double threshold,
                            const PredictorBuffers& own, float* margins);

}  // namespace transkimmer
