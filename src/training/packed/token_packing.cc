#include "training/packed/token_packing.h"

#include <algorithm>

#include <ATen/Parallel.h>

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// Rows that are worth another thread.
constexpr std::int64_t kParallelRows = 256;

/// The two copies that each other's gradients are.
Tensor gathered(const Tensor& x, const std::vector<std::int64_t>& indices) {
  const Tensor rows = x.contiguous();
  const std::int64_t columns = rows.size(1);
  const Tensor out = at::empty({static_cast<std::int64_t>(indices.size()), columns}, rows.options());
  const float* from = rows.data_ptr<float>();
  float* to = out.data_ptr<float>();
  at::parallel_for(0, out.size(0), kParallelRows, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      std::copy_n(from + indices[i] * columns, columns, to + i * columns);
  });
  return out;
}

Tensor scattered(const Tensor& x, const std::vector<std::int64_t>& indices, std::int64_t rows) {
  const Tensor given = x.contiguous();
  const std::int64_t columns = given.size(1);
  const Tensor out = at::zeros({rows, columns}, given.options());
  const float* from = given.data_ptr<float>();
  float* to = out.data_ptr<float>();
  at::parallel_for(0, given.size(0), kParallelRows, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      std::copy_n(from + i * columns, columns, to + indices[i] * columns);
  });
  return out;
}

class GatherRows : public Function<GatherRows> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const std::vector<std::int64_t>& indices) {
    ctx->saved_data["indices"] = indices;
    ctx->saved_data["rows"] = x.size(0);
    return gathered(x, indices);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    return {
        scattered(gradients[0], ctx->saved_data["indices"].toIntVector(), ctx->saved_data["rows"].toInt()),
        Tensor()};
  }
};

class ScatterRows : public Function<ScatterRows> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const std::vector<std::int64_t>& indices,
                        std::int64_t rows) {
    ctx->saved_data["indices"] = indices;
    return scattered(x, indices, rows);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    return {gathered(gradients[0], ctx->saved_data["indices"].toIntVector()), Tensor(), Tensor()};
  }
};

}  // namespace

TokenPacking pack_tokens(const Tensor& real) {
  const Tensor mask = real.contiguous();
  TokenPacking packing{.batch = mask.size(0), .length = mask.size(1), .places = {}, .starts = {0}};
  const float* values = mask.data_ptr<float>();
  for (std::int64_t row = 0; row < packing.batch; ++row) {
    for (std::int64_t place = row * packing.length; place < (row + 1) * packing.length; ++place)
      if (values[place] > 0) packing.places.push_back(place);
    packing.starts.push_back(packing.tokens());
  }
  return packing;
}

PackedSubset choose_tokens(const TokenPacking& from, const std::vector<bool>& stays) {
  PackedSubset subset{.packing = {.batch = from.batch, .length = from.length, .places = {}, .starts = {0}},
                      .rows = {}};
  for (std::int64_t sequence = 0; sequence < from.batch; ++sequence) {
    for (std::int64_t row = from.starts[sequence]; row < from.starts[sequence + 1]; ++row) {
      if (!stays[row]) continue;
      subset.rows.push_back(row);
      subset.packing.places.push_back(from.places[row]);
    }
    subset.packing.starts.push_back(subset.packing.tokens());
  }
  return subset;
}

PackedSubset first_tokens(const TokenPacking& from) {
  std::vector<bool> first(from.places.size());
  for (std::int64_t sequence = 0; sequence < from.batch; ++sequence)
    if (from.tokens_of(sequence) > 0) first[from.starts[sequence]] = true;
  return choose_tokens(from, first);
}

Tensor gather_rows(const Tensor& x, const std::vector<std::int64_t>& indices) {
  return GatherRows::apply(x, indices);
}

Tensor scatter_rows(const Tensor& x, const std::vector<std::int64_t>& indices, std::int64_t rows) {
  return ScatterRows::apply(x, indices, rows);
}

}  // namespace transkimmer
