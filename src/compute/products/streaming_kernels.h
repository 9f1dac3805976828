#pragma once

#include <cstddef>
#include <cstdint>

#include "transkimmer/options.h"

namespace transkimmer {

/// Columns of a block of packed weights.
inline constexpr std::size_t kStreamedColumns = 64;

/// Columns of which `in` must be a multiple for every precision: rows of the packed blocks hold one, two or
/// four neighbouring values of a column, sixteen times over.
inline constexpr std::size_t kStreamedDepth = 64;

/// What is added to int8 values of x, since the instruction takes them without a sign, and comes off the
/// sums.
inline constexpr std::int32_t kStreamedOffset = 128;

/// A product of as many rows as one thread takes at once, or fewer.
///
/// `weights` lie in blocks of 64 columns, as oneDNN packs them for this machine: [columns / 64][in /
/// v][64][v], v being 1 value in f32, 2 in bf16 and 4 in int8. Zeros fill the last block.
struct StreamedProduct {
  const void* x = nullptr;  ///< [rows, in]: floats, bf16 or int8
  std::size_t rows = 0;
  std::size_t in = 0;  ///< a multiple of kStreamedDepth
  const void* weights = nullptr;
  std::size_t columns = 0;
  const float* bias = nullptr;  ///< [columns]; f32 and bf16
  /// [columns]: kStreamedOffset times the sum of the column's weights; int8.
  const std::int32_t* offset_sums = nullptr;
  void* y = nullptr;         ///< [rows, columns]: floats, or for int8 the bare sums
  std::size_t y_stride = 0;  ///< values from one row of y to the next
  /// Weights that will probably be read after these, or none: as many of them are fetched as a block holds.
  const void* next = nullptr;
};

/// Whether this machine (and oneDNN's limit of instruction sets) can run `multiply_streamed`.
bool can_stream(Precision precision);

/// y = x weights + bias. While the rows are multiplied with one block of the weights, the next is fetched,
/// after the last one what comes then: a product of few rows takes as long as its weights take to arrive, and
/// waiting for them and using them in turn takes longer than either. Runs on the calling thread.
void multiply_streamed(Precision precision, const StreamedProduct& product);

/// Where value [k, column] of the weights lies among the packed ones.
constexpr std::size_t streamed_place(std::size_t k, std::size_t column, std::size_t in, std::size_t values) {
  const std::size_t block = column / kStreamedColumns, within = column % kStreamedColumns;
  return (block * in + k / values * values) * kStreamedColumns + within * values + k % values;
}

}  // namespace transkimmer
