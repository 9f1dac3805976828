#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace transkimmer {

/// A fixed set of threads that share loops. The caller takes part, so a pool of 1 has no thread of its own.
///
/// Several threads may call `parallel_for` at once: the first gets the pool, the others run their loop alone,
/// so that concurrent requests never wait for each other.
/// A body must not itself call `parallel_for` of the same pool.
class ThreadPool {
 public:
  /// Throws IoError when the operating system refuses a thread; std::bad_alloc.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls `body(task, worker)` once for each task in [0, tasks); `worker` in [0, threads()) is unique among
  /// the calls that run at the same moment, so it can index scratch memory. Tasks are handed out in order. An
  /// exception thrown by a body is rethrown here after the loop has ended.
  template <typename Body>
  void parallel_for(std::size_t tasks, Body&& body) const {
    using Decayed = std::remove_reference_t<Body>;
    const Loop loop{tasks, &body, [](const void* opaque, std::size_t task, int worker) {
                      (*static_cast<Decayed*>(const_cast<void*>(opaque)))(task, worker);
                    }};
    run(loop);
  }

 private:
  struct Loop {
    std::size_t tasks = 0;
    const void* body = nullptr;
    void (*call)(const void* body, std::size_t task, int worker) = nullptr;
  };
  struct Shared;

  void run(const Loop& loop) const;
  void stop();

  std::unique_ptr<Shared> shared_;
  std::vector<std::jthread> workers_;
};

}  // namespace transkimmer
