#include "compute/kernels/kernels.h"

#include <algorithm>

// foreach_target.h includes this file once per instruction set and must come before highway.h.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/kernels/kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "compute/kernels/lanes-inl.h"
#include "compute/kernels/row_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Rows whose moments are taken together. The sums of one row wait for each other; those of several keep the
/// processor busy meanwhile, and eight rows of 1,024 columns are still in the first-level cache for the next
/// pass.
constexpr std::size_t kBlockRows = 8;

struct BlockMoments {
  float mean[kBlockRows];
  float inverse_deviation[kBlockRows];
};

/// body(first row, rows) over blocks of rows.
template <class Body>
HWY_INLINE void ForBlocks(std::size_t rows, const Body& body) {
  for (std::size_t first = 0; first < rows; first += kBlockRows)
    body(first, HWY_MIN(kBlockRows, rows - first));
}

HWY_INLINE void Means(const float* x, RowShape block, BlockMoments& moments) {
  for (std::size_t row = 0; row < block.rows; ++row) {
    const float* in = x + row * block.columns;
    moments.mean[row] =
        SumOver(block.columns, [&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, in + i); }) /
        static_cast<float>(block.columns);
  }
}

/// From the means: the one-pass formula loses all digits when the mean is large against the deviation.
HWY_INLINE void Deviations(const float* x, RowShape block, float epsilon, BlockMoments& moments) {
  const float count = static_cast<float>(block.columns);
  float* const inverse = moments.inverse_deviation;
  for (std::size_t row = 0; row < block.rows; ++row) {
    const float* in = x + row * block.columns;
    const float mean = moments.mean[row];
    inverse[row] = SumOver(block.columns, [&](auto d, std::size_t i) HWY_ATTR {
      const auto centred = hn::Sub(hn::LoadU(d, in + i), hn::Set(d, mean));
      return hn::Mul(centred, centred);
    });
  }
  ForLanes(block.rows, [&](auto d, std::size_t row) HWY_ATTR {
    const auto variance = hn::Div(hn::LoadU(d, inverse + row), hn::Set(d, count));
    const auto deviation = hn::Sqrt(hn::Add(variance, hn::Set(d, epsilon)));
    hn::StoreU(hn::Div(hn::Set(d, 1.0f), deviation), d, inverse + row);
  });
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Normalized(D d, V x, const BlockMoments& moments, std::size_t row) {
  return hn::Mul(hn::Sub(x, hn::Set(d, moments.mean[row])), hn::Set(d, moments.inverse_deviation[row]));
}

/// x = LayerNorm(x), given the means; also as an operand, and with statistics of what was written.
HWY_INLINE void FinishLayerNorm(const NormWeights& norm, RowShape block, BlockMoments& moments, float* x,
                                const RowOutputs& outputs) {
  Deviations(x, block, norm.epsilon, moments);
  BlockMoments written;
  for (std::size_t row = 0; row < block.rows; ++row) {
    float* const values = x + row * block.columns;
    const float sum = SumOver(block.columns, [&](auto d, std::size_t i) HWY_ATTR {
      const auto normalized = Normalized(d, hn::LoadU(d, values + i), moments, row);
      const auto value = hn::MulAdd(normalized, hn::LoadU(d, norm.gamma + i), hn::LoadU(d, norm.beta + i));
      hn::StoreU(value, d, values + i);
      return value;
    });
    written.mean[row] = sum / static_cast<float>(block.columns);
    WriteOperandRow(values, row, outputs.operand);
  }
  const RowStatistics& statistics = outputs.statistics;
  if (statistics.inverse_deviations == nullptr) return;
  Deviations(x, block, statistics.epsilon, written);
  std::copy_n(written.inverse_deviation, block.rows, statistics.inverse_deviations);
  std::copy_n(written.mean, block.rows, statistics.means);
}

void AddLayerNorm(const float* x, const float* residual, const NormWeights& norm, RowShape shape, float* out,
                  const RowOutputs& outputs) {
  ForBlocks(shape.rows, [&](std::size_t first, std::size_t rows) HWY_ATTR {
    BlockMoments moments;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t start = (first + row) * shape.columns;
      const float sum = SumOver(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
        const auto added = hn::Add(hn::LoadU(d, x + start + i), hn::LoadU(d, residual + start + i));
        hn::StoreU(added, d, out + start + i);
        return added;
      });
      moments.mean[row] = sum / static_cast<float>(shape.columns);
    }
    FinishLayerNorm(norm, {rows, shape.columns}, moments, out + first * shape.columns, outputs.from(first));
  });
}

/// LayerNorm, GELU and the weighted sum of a block of projected rows.
HWY_INLINE void MarginsOfBlock(const float* projected, const SkimDecision& decision, RowShape block,
                               float* out, float* inverse_deviations) {
  const NormWeights& norm = decision.norm;
  BlockMoments moments;
  Means(projected, block, moments);
  Deviations(projected, block, norm.epsilon, moments);
  if (inverse_deviations != nullptr) std::copy_n(moments.inverse_deviation, block.rows, inverse_deviations);
  for (std::size_t row = 0; row < block.rows; ++row) {
    const float* const in = projected + row * block.columns;
    const float sum = SumOver(block.columns, [&](auto d, std::size_t i) HWY_ATTR {
      const auto normalized = Normalized(d, hn::LoadU(d, in + i), moments, row);
      const auto affine = hn::MulAdd(normalized, hn::LoadU(d, norm.gamma + i), hn::LoadU(d, norm.beta + i));
      return hn::Mul(Gelu(d, affine), hn::LoadU(d, decision.weight + i));
    });
    out[row] = sum + decision.bias;
  }
}

void SkimMargins(float* x, const float* inverse_deviations, const SkimDecision& decision, RowShape shape,
                 float* out, float* projected_inverse_deviations) {
  ForBlocks(shape.rows, [&](std::size_t first, std::size_t rows) HWY_ATTR {
    float* const block = x + first * shape.columns;
    for (std::size_t row = 0; row < rows; ++row) {
      float* const values = block + row * shape.columns;
      const float inverse = inverse_deviations[first + row];
      ForLanes(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
        const auto scaled = hn::MulAdd(hn::LoadU(d, values + i), hn::Set(d, inverse),
                                       hn::LoadU(d, decision.projection_bias + i));
        hn::StoreU(scaled, d, values + i);
      });
    }
    MarginsOfBlock(block, decision, {rows, shape.columns}, out + first,
                   projected_inverse_deviations == nullptr ? nullptr : projected_inverse_deviations + first);
  });
}

void Embed(const EmbeddingRow* tokens, const NormWeights& norm, RowShape shape, float* out,
           const RowOutputs& outputs) {
  ForBlocks(shape.rows, [&](std::size_t first, std::size_t rows) HWY_ATTR {
    BlockMoments moments;
    for (std::size_t row = 0; row < rows; ++row) {
      const EmbeddingRow& token = tokens[first + row];
      float* const sums = out + (first + row) * shape.columns;
      const float sum = SumOver(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
        const auto parts = hn::Add(hn::LoadU(d, token.word + i), hn::LoadU(d, token.type + i));
        const auto added = hn::Add(parts, hn::LoadU(d, token.position + i));
        hn::StoreU(added, d, sums + i);
        return added;
      });
      moments.mean[row] = sum / static_cast<float>(shape.columns);
    }
    FinishLayerNorm(norm, {rows, shape.columns}, moments, out + first * shape.columns, outputs.from(first));
  });
}

void DescribeRows(const float* x, RowShape shape, const RowOutputs& outputs) {
  const RowStatistics& statistics = outputs.statistics;
  ForBlocks(shape.rows, [&](std::size_t first, std::size_t rows) HWY_ATTR {
    const float* const block = x + first * shape.columns;
    for (std::size_t row = 0; row < rows; ++row)
      WriteOperandRow(block + row * shape.columns, first + row, outputs.operand);
    if (statistics.inverse_deviations == nullptr) return;
    BlockMoments moments;
    Means(block, {rows, shape.columns}, moments);
    Deviations(block, {rows, shape.columns}, statistics.epsilon, moments);
    std::copy_n(moments.inverse_deviation, rows, statistics.inverse_deviations + first);
    std::copy_n(moments.mean, rows, statistics.means + first);
  });
}

const char* TargetName() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(AddLayerNorm);
HWY_EXPORT(SkimMargins);
HWY_EXPORT(Embed);
HWY_EXPORT(DescribeRows);
HWY_EXPORT(TargetName);

void add_layer_norm(const float* x, const float* residual, const NormWeights& norm, RowShape shape,
                    float* out, const RowOutputs& outputs) {
  HWY_DYNAMIC_DISPATCH(AddLayerNorm)(x, residual, norm, shape, out, outputs);
}

void skim_margins(float* x, const float* inverse_deviations, const SkimDecision& decision, RowShape shape,
                  float* out, float* projected_inverse_deviations) {
  HWY_DYNAMIC_DISPATCH(SkimMargins)
  (x, inverse_deviations, decision, shape, out, projected_inverse_deviations);
}

void embed(const EmbeddingRow* tokens, const NormWeights& norm, RowShape shape, float* out,
           const RowOutputs& outputs) {
  HWY_DYNAMIC_DISPATCH(Embed)(tokens, norm, shape, out, outputs);
}

void describe_rows(const float* x, RowShape shape, const RowOutputs& outputs) {
  HWY_DYNAMIC_DISPATCH(DescribeRows)(x, shape, outputs);
}

const char* simd_target() {
  return HWY_DYNAMIC_DISPATCH(TargetName)();
}

}  // namespace transkimmer
#endif  // HWY_ONCE
