#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace transkimmer {

/// Memory for the packed weights of a model, from large blocks that ask for huge pages: a pass of few rows
/// streams every weight once, and looking up a page for every 4 KiB of them takes longer than using them.
class WeightMemory {
 public:
  /// 64-byte aligned, not initialised; lives as long as this object. Throws std::bad_alloc.
  std::byte* allocate(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace transkimmer
