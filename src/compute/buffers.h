#pragma once

#include <cstddef>
#include <new>

#include <hwy/aligned_allocator.h>

#include "compute/operand.h"

namespace transkimmer {

/// Values that grow in number and never shrink; contents are not kept when they grow. Aligned for the widest
/// vectors.
template <typename T>
class AlignedBuffer {
 public:
  T* reserve(std::size_t count) {
    if (count > capacity_) {
      // Nothing is left to use should this fail, as the workspace goes back to its pool all the same.
      capacity_ = 0;
      data_ = hwy::AllocateAligned<T>(count);
      if (!data_) throw std::bad_alloc();
      capacity_ = count;
    }
    return data_.get();
  }
  T* data() const { return data_.get(); }

 private:
  hwy::AlignedFreeUniquePtr<T[]> data_;
  std::size_t capacity_ = 0;
};

using FloatBuffer = AlignedBuffer<float>;

/// Rows that a matrix product reads in bf16 or int8. In f32 it reads the floats themselves, and this stays
/// empty.
class OperandBuffer {
 public:
  void reserve(std::size_t rows, std::size_t columns, Precision precision) {
    precision_ = precision;
    columns_ = columns;
    if (precision == Precision::f32) return;
    values_.reserve(rows * columns * operand_bytes(precision));
    if (precision == Precision::int8) scales_.reserve(rows);
  }
  /// The rows; for f32 those at `floats`.
  OperandRows rows(float* floats) const {
    if (precision_ == Precision::f32) return float_operand(floats, columns_);
    return {precision_, values_.data(), scales_.data(), columns_};
  }

 private:
  AlignedBuffer<std::byte> values_;
  FloatBuffer scales_;
  Precision precision_ = Precision::f32;
  std::size_t columns_ = 0;
};

}  // namespace transkimmer
