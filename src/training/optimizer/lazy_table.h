#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "training/kernels/cpu_kernels.h"
#include "training/tensors/table_rows.h"

namespace transkimmer {

/// AdamW's update of an embedding table [n, H] in f32 on the CPU of which a step uses few rows. A row without
/// gradient is left behind and makes up for the steps that it missed, one by one, before it is read: the
/// arithmetic is that of updating all rows at every step, to the last bit.
class LazyTable {
 public:
  struct Moments {
    Tensor first, second;  ///< [n, H]
  };

  /// From now on the rows of the table are brought up to date when they are read. `rows` is the table's.
  LazyTable(Tensor table, Moments moments, std::shared_ptr<TableRows> rows);
  LazyTable(const LazyTable&) = delete;
  LazyTable& operator=(const LazyTable&) = delete;
  /// Brings all rows up to date.
  ~LazyTable();

  /// One update, with the gradient that TableRows tracks.
  void step(const AdamWCoefficients& coefficients);
  void catch_up(std::span<const std::int64_t> ids);
  void catch_up_all();
  /// All rows were updated with a dense gradient, after catch_up_all.
  void has_moments_everywhere() { has_moments_.assign(has_moments_.size(), true); }
  /// Table or moments were written by somebody else, after catch_up_all.
  void rewritten();

 private:
  struct Stale {
    std::int64_t row, missed_from;
  };

  AdamWRange range_of(std::int64_t row) const;
  void replay(const std::vector<Stale>& stale);
  void remember(const AdamWCoefficients& coefficients);
  std::int64_t now() const { return static_cast<std::int64_t>(history_.size()); }

  Tensor table_;
  Moments moments_;
  std::shared_ptr<TableRows> rows_;
  std::vector<AdamWCoefficients> history_;  ///< of all updates
  bool decays_ = false;                     ///< whether one of them makes weights smaller without a gradient
  std::int64_t declining_from_ = 0;         ///< see replay_adamw
  std::vector<std::int64_t> done_;          ///< [n]: updates that a row has had
  std::vector<bool> has_moments_;           ///< [n]: a row that never had a gradient has none
};

}  // namespace transkimmer
