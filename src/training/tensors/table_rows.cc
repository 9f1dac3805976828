#include "training/tensors/table_rows.h"

#include <algorithm>

namespace transkimmer {

bool TableRows::tracked() const {
  return gradient_.defined() && table_.grad().defined() && table_.grad().is_same(gradient_) &&
         gradient_._version() == version_;
}

void TableRows::add(std::span<const std::int64_t> ids, const float* gradients, std::int64_t fixed) {
  Tensor& own = table_.mutable_grad();
  if (!own.defined()) {
    if (!gradient_.defined()) {
      gradient_ = at::zeros_like(table_, table_.options().requires_grad(false));
      is_used_.resize(static_cast<std::size_t>(table_.size(0)));
    }
    own = gradient_;
    version_ = gradient_._version();
  }
  const bool tracking = tracked();
  const std::int64_t columns = table_.size(1);
  float* const rows = own.data_ptr<float>();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t id = ids[i];
    if (id == fixed) continue;
    if (tracking && !is_used_[id]) {
      is_used_[id] = true;
      used_.push_back(id);
    }
    float* const row = rows + id * columns;
    const float* const from = gradients + static_cast<std::int64_t>(i) * columns;
    for (std::int64_t column = 0; column < columns; ++column) row[column] += from[column];
  }
}

void TableRows::clear() {
  if (gradient_.defined()) {
    if (gradient_._version() != version_) {
      gradient_.zero_();
    } else {
      const std::int64_t columns = table_.size(1);
      for (const std::int64_t id : used_)
        std::fill_n(gradient_.data_ptr<float>() + id * columns, columns, 0.0F);
    }
    version_ = gradient_._version();
    for (const std::int64_t id : used_) is_used_[id] = false;
    used_.clear();
  }
  table_.mutable_grad() = Tensor();
}

}  // namespace transkimmer
