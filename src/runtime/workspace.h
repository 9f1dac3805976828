#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <hwy/aligned_allocator.h>

namespace transkimmer {

/// Floats that grow and never shrink; contents are not kept when they grow. Aligned for the widest vectors.
class FloatBuffer {
 public:
  float* reserve(std::size_t count) {
    if (count > capacity_) {
      // Nothing is left to use should this fail, as the workspace goes back to its pool all the same.
      capacity_ = 0;
      data_ = hwy::AllocateAligned<float>(count);
      if (!data_) throw std::bad_alloc();
      capacity_ = count;
    }
    return data_.get();
  }
  float* data() const { return data_.get(); }

 private:
  hwy::AlignedFreeUniquePtr<float[]> data_;
  std::size_t capacity_ = 0;
};

/// Scratch memory of one forward pass. Once it has seen the largest batch, a pass allocates no activations.
struct Workspace {
  /// What one thread needs for the piece it works on.
  struct PerThread {
    FloatBuffer projected;     ///< [max_rows, hidden]
    FloatBuffer intermediate;  ///< [max_rows, feed-forward]
    FloatBuffer predictor;     ///< [max_rows, predictor]
    FloatBuffer attention;     ///< see attention_scratch_floats
  };

  FloatBuffer hidden;                       ///< [rows, hidden]
  FloatBuffer query;                        ///< [rows, hidden]
  FloatBuffer key_value;                    ///< [rows, 2 hidden]
  FloatBuffer context;                      ///< [rows, hidden]
  FloatBuffer wide;                         ///< [few rows, feed-forward]
  FloatBuffer margins;                      ///< [rows]
  FloatBuffer outputs;                      ///< [sequences or tokens, hidden]
  std::vector<std::uint32_t> starts;        ///< [sequences + 1]: rows of each sequence
  std::vector<std::uint32_t> token_of_row;  ///< [rows]
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
