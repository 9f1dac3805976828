#include "training/optimizer/lazy_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/Parallel.h>

namespace transkimmer {
namespace {

// Rows that are worth another thread.
constexpr std::int64_t kParallelRows = 16;

}  // namespace

LazyTable::LazyTable(Tensor table, Moments moments, std::shared_ptr<TableRows> rows)
    : table_(std::move(table)), moments_(std::move(moments)), rows_(std::move(rows)) {
  rows_->prepare_all();  // of an optimiser before this one
  rows_->attach({.owner = this,
                 .on_read = [this](std::span<const std::int64_t> ids) { catch_up(ids); },
                 .on_read_all = [this] { catch_up_all(); }});
  done_.resize(static_cast<std::size_t>(table_.size(0)));
  has_moments_.resize(done_.size());
}

LazyTable::~LazyTable() {
  catch_up_all();
  rows_->detach(this);
}

AdamWRange LazyTable::range_of(std::int64_t row) const {
  const std::int64_t columns = table_.size(1), first = row * columns;
  return {.count = static_cast<std::size_t>(columns),
          .weight = table_.data_ptr<float>() + first,
          .first_moment = moments_.first.data_ptr<float>() + first,
          .second_moment = moments_.second.data_ptr<float>() + first,
          .gradient = nullptr};
}

void LazyTable::remember(const AdamWCoefficients& coefficients) {
  // By so much an update shrinks at least when nothing but its step size changes.
  const float shrinking = coefficients.beta1 / std::sqrt(coefficients.beta2);
  const bool shrinks = !history_.empty() && shrinking < 0.99F &&
                       coefficients.step_size * shrinking < 0.999F * history_.back().step_size;
  history_.push_back(coefficients);
  decays_ = decays_ || coefficients.decay_factor != 1.0F;
  if (!shrinks) declining_from_ = now() - 1;
}

void LazyTable::step(const AdamWCoefficients& coefficients) {
  const std::vector<std::int64_t>& used = rows_->used();
  catch_up(used);
  remember(coefficients);
  const Tensor& gradient = table_.grad();
  at::parallel_for(0, static_cast<std::int64_t>(used.size()), kParallelRows,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       AdamWRange range = range_of(used[i]);
                       range.gradient = gradient.data_ptr<float>() + used[i] * table_.size(1);
                       adamw_range(range, coefficients);
                     }
                   });
  for (const std::int64_t row : used) {
    has_moments_[row] = true;
    done_[row] = now();
  }
}

void LazyTable::replay(const std::vector<Stale>& stale) {
  const std::span<const AdamWCoefficients> all(history_);
  at::parallel_for(
      0, static_cast<std::int64_t>(stale.size()), kParallelRows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const auto [row, from] = stale[i];
          const auto declining = static_cast<std::size_t>(std::max(declining_from_ - from, std::int64_t{0}));
          replay_adamw(range_of(row), all.subspan(static_cast<std::size_t>(from)), declining);
        }
      });
}

void LazyTable::catch_up(std::span<const std::int64_t> ids) {
  std::vector<Stale> stale;
  for (const std::int64_t row : ids) {
    if (done_[row] == now()) continue;
    if (has_moments_[row] || decays_) stale.push_back({row, done_[row]});
    done_[row] = now();
  }
  replay(stale);
}

void LazyTable::catch_up_all() {
  std::vector<std::int64_t> all(done_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  catch_up(all);
  // Nobody has missed any of it.
  history_.clear();
  decays_ = false;
  declining_from_ = 0;
  std::fill(done_.begin(), done_.end(), 0);
}

void LazyTable::rewritten() {
  catch_up_all();
  const auto columns = static_cast<std::size_t>(table_.size(1));
  for (std::size_t row = 0; row < has_moments_.size(); ++row) {
    const AdamWRange range = range_of(static_cast<std::int64_t>(row));
    const auto zero = [](float value) { return value == 0; };
    has_moments_[row] = !std::all_of(range.first_moment, range.first_moment + columns, zero) ||
                        !std::all_of(range.second_moment, range.second_moment + columns, zero);
  }
}

}  // namespace transkimmer
