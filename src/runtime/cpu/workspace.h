#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "compute/buffers.h"
#include "runtime/pass/profile.h"

namespace transkimmer {

/// What the rest of a layer, after attention, needs for the rows it works on.
struct LayerBuffers {
  FloatBuffer projected;     ///< [rows, hidden]
  FloatBuffer intermediate;  ///< [rows, feed-forward]
  OperandBuffer context;     ///< [rows, hidden]
  OperandBuffer attended;    ///< [rows, hidden]
  OperandBuffer activated;   ///< [rows, feed-forward]
};

/// What a skim predictor needs for the rows it judges, [kMaxRows] of them.
struct PredictorBuffers {
  FloatBuffer projected;  ///< [rows, predictor]
  OperandBuffer rounded;  ///< [rows, hidden], where the layers' operands are not in bf16
  FloatBuffer doubtful;   ///< [rows, hidden]
};

/// Scratch memory of one forward pass. Once it has seen the largest batch, a pass allocates no activations.
struct Workspace {
  /// What one thread needs for the piece it works on.
  struct PerThread {
    FloatBuffer
        embedded;        ///< [kMaxRows, columns of the embedding tables], where those are not the hidden size
    LayerBuffers layer;  ///< of kMaxRows
    PredictorBuffers predictor;
    std::size_t margins_in_f32 = 0;  ///< of this pass
    FloatBuffer attention;           ///< see attention_scratch_floats
    OperationTimes times;            ///< of this pass, when it is profiled
  };

  FloatBuffer hidden;                          ///< [rows, hidden]
  OperandBuffer hidden_operand;                ///< [rows, hidden]
  OperandBuffer first_operand;                 ///< [sequences, hidden]
  FloatBuffer first_states;                    ///< [sequences, hidden], where some texts are done
  std::vector<std::uint32_t> unfinished;       ///< the other sequences
  AlignedBuffer<std::byte> query;              ///< [rows, hidden]: see LayerAttention
  AlignedBuffer<std::byte> key_value;          ///< [rows, 2 hidden]
  AlignedBuffer<std::byte> context;            ///< [rows, hidden]
  LayerBuffers shared;                         ///< of few rows
  FloatBuffer inverse_deviations, means;       ///< [rows], for the predictors
  FloatBuffer margins;                         ///< [rows]
  FloatBuffer outputs;                         ///< [sequences or tokens, hidden]
  std::vector<std::uint32_t> starts;           ///< [sequences + 1]: rows of each sequence
  std::vector<std::uint32_t> token_of_row;     ///< [rows]
  std::vector<double> threshold_of_row;        ///< [rows], where sequences have thresholds of their own
  std::vector<std::uint32_t> position_of_row;  ///< [rows], as the batch came: rows of the position table
  std::vector<PerThread> per_thread;
};

/// Workspaces that wait for reuse; a pass takes one and gives it back, so passes that run at once never
/// share.
class WorkspacePool {
 public:
  /// Returns the workspace to the pool when it goes out of scope.
  class Lease {
   public:
    Lease(WorkspacePool& pool, std::unique_ptr<Workspace> workspace)
        : pool_(&pool), workspace_(std::move(workspace)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_->give_back(std::move(workspace_)); }
    Workspace& operator*() const { return *workspace_; }

   private:
    WorkspacePool* pool_;
    std::unique_ptr<Workspace> workspace_;
  };

  Lease take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      free_.reserve(made_ + 1);  // so that giving it back, in a destructor, allocates nothing
      auto workspace = std::make_unique<Workspace>();
      ++made_;
      return {*this, std::move(workspace)};
    }
    auto workspace = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(workspace)};
  }

 private:
  void give_back(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
  std::size_t made_ = 0;
};

}  // namespace transkimmer
