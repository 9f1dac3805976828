#include "base/machine/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/machine/hardware.h"

namespace transkimmer {
namespace {

/// Hands out indices, and remembers the failure of the lowest one.
class Loop {
 public:
  Loop(std::size_t count, const std::function<void(std::size_t)>& work) : count_(count), work_(work) {}

  void run() {
    while (!failed_.load(std::memory_order_relaxed)) {
      const std::size_t index = next_++;
      if (index >= count_) return;
      try {
        work_(index);
      } catch (...) {
        record(index, std::current_exception());
      }
    }
  }

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void record(std::size_t index, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || index < failed_index_) {
      failure_ = std::move(failure);
      failed_index_ = index;
    }
    failed_.store(true, std::memory_order_relaxed);
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& work_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::size_t failed_index_ = 0;
};

/// As many of these threads as the system grants.
std::vector<std::jthread> begin_threads(std::size_t wanted, Loop& loop) {
  std::vector<std::jthread> threads;
  threads.reserve(wanted);
  try {
    for (std::size_t i = 0; i < wanted; ++i) threads.emplace_back([&loop] { loop.run(); });
  } catch (const std::system_error&) {
    // The threads that did start, and the caller's, do it all.
  }
  return threads;
}

}  // namespace

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  if (threads == 0) threads = static_cast<unsigned>(available_processors());
  Loop loop(count, work);
  {
    const auto others = begin_threads(std::min<std::size_t>(threads, count) - 1, loop);
    loop.run();
  }
  loop.rethrow_failure();
}

}  // namespace transkimmer
