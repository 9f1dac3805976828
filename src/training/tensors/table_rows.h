#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "training/tensors/tensor.h"

namespace transkimmer {

/// The gradient of an embedding table [n, H], of which a step uses few rows: a dense tensor, so that whoever
/// reads it as such finds what is usual, with a list of the rows that are not zero. And the promise that the
/// rows of the table are what they should be when they are read, although its optimiser updates only those
/// that have a gradient (see AdamW).
class TableRows {
 public:
  /// f32 on the CPU.
  explicit TableRows(Tensor table) : table_(std::move(table)) {}

  /// Adds `gradients` [ids, H] to the rows `ids` of the table's gradient, in this order. The row `fixed` gets
  /// none.
  void add(std::span<const std::int64_t> ids, const float* gradients, std::int64_t fixed);
  /// The table has no gradient any more.
  void clear();

  /// The rows of the table's gradient that may not be zero, each once; meaningful if `tracked`.
  const std::vector<std::int64_t>& used() const { return used_; }
  /// Whether `used` names all rows of the table's gradient: nothing but `add` has written it.
  bool tracked() const;

  /// Call before the rows `ids` of the table are read.
  void prepare(std::span<const std::int64_t> ids) const {
    if (updates_.on_read) updates_.on_read(ids);
  }
  /// Call before all rows of the table are read.
  void prepare_all() const {
    if (updates_.on_read_all) updates_.on_read_all();
  }

  /// An optimiser that leaves rows behind.
  struct LateUpdates {
    const void* owner = nullptr;
    std::function<void(std::span<const std::int64_t>)> on_read = {};
    std::function<void()> on_read_all = {};
  };
  /// In place of the one before.
  void attach(LateUpdates updates) { updates_ = std::move(updates); }
  void detach(const void* owner) {
    if (updates_.owner == owner) updates_ = {};
  }

 private:
  Tensor table_;
  Tensor gradient_;            ///< kept from step to step; zero where it is not used
  std::uint32_t version_ = 0;  ///< of the gradient, when only `add` has written it
  std::vector<std::int64_t> used_;
  std::vector<bool> is_used_;
  LateUpdates updates_;
};

}  // namespace transkimmer
