#include "runtime/cpu/cpu_model.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compute/products/packed_linear.h"
#include "compute/threads/openmp_scope.h"
#include "compute/threads/thread_pool.h"
#include "runtime/cpu/encoder.h"
#include "runtime/cpu/head.h"
#include "runtime/cpu/pooling.h"

namespace transkimmer {
namespace {

class CpuModel final : public PreparedModel {
 public:
  CpuModel(const ModelSpec& spec, const ModelWeights& weights, const CpuModelOptions& options)
      : spec_(spec),
        weights_(EncoderWeights::pack(spec_, weights, options.with_predictors, options.threads, kernels_,
                                      options.precision)),
        pool_(options.threads) {
    if (is_task_head(spec_.head.kind)) head_ = TaskHead::pack(spec_, weights, options.threads, kernels_);
  }

  BatchResult run(const RaggedBatch& batch, const PassOptions& options) const override {
    const SingleThreadedOpenMp single_threaded;
    // Who has no task head may want any token's state.
    const bool pooled = spec_.head.reads == Reads::pooled;
    const bool every_token = !head_ || pooled || spec_.head.reads == Reads::each;
    const WorkspacePool::Lease workspace = workspaces_.take();
    EncoderResult encoded = encode(
        spec_, weights_, batch,
        {.pass = options, .outputs = every_token ? OutputStates::all_tokens : OutputStates::first_token},
        pool_, *workspace);
    BatchResult result;
    const std::vector<float> asked = rows_of(encoded.states, batch.asked);
    if (!asked.empty()) encoded.states = asked.data();
    if (head_) {
      const std::size_t tokens = batch.asked.empty() ? batch.tokens() : batch.asked.size();
      const std::size_t rows = every_token && !pooled ? tokens : batch.sequences();
      const OperationTimer timer(options.times, Operation::head, rows * head_->macs_per_row());
      result.logits = pooled ? head_->logits(pool_states(spec_.head.pooling, batch, encoded.states,
                                                         static_cast<std::size_t>(spec_.hidden_size), pool_)
                                                 .data(),
                                             rows, pool_)
                             : head_->logits(encoded.states, rows, pool_);
      if (spec_.head.normalize) normalize_rows_to_length_1(result.logits, head_->columns());
    }
    result.skimmed_at = std::move(encoded.skimmed_at);
    result.kept = std::move(encoded.kept);
    result.margins_in_f32 = encoded.margins_in_f32;
    return result;
  }

  int threads() const override { return pool_.threads(); }
  Precision precision() const override { return weights_.precision; }

 private:
  /// Of states [tokens, hidden], those of some tokens.
  std::vector<float> rows_of(const float* states, const std::vector<std::uint32_t>& tokens) const {
    const auto columns = static_cast<std::size_t>(spec_.hidden_size);
    std::vector<float> rows;
    rows.reserve(tokens.size() * columns);
    for (const std::uint32_t token : tokens) {
      const float* const row = states + token * columns;
      rows.insert(rows.end(), row, row + columns);
    }
    return rows;
  }

  ModelSpec spec_;
  MatrixKernelCache kernels_;
  EncoderWeights weights_;
  std::optional<TaskHead> head_;
  ThreadPool pool_;
  mutable WorkspacePool workspaces_;
};

}  // namespace

std::unique_ptr<const PreparedModel> prepare_for_cpu(const ModelSpec& spec, const ModelWeights& weights,
                                                     const CpuModelOptions& options) {
  return std::make_unique<CpuModel>(spec, weights, options);
}

}  // namespace transkimmer
