#include "compute/threads/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>

#include <fmt/format.h>
#include <omp.h>

#include "compute/threads/openmp_scope.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// How long a thread looks for what it waits for before it sleeps. The loops of one forward pass follow each
/// other within tens of microseconds, while waking a sleeping thread costs as much, and many times that on a
/// virtual machine.
constexpr auto kSpinTime = std::chrono::microseconds(200);

/// Added to the number of workers inside a loop that takes no more of them.
constexpr std::uint32_t kClosed = 1U << 31;

/// Whether `ready()` came true within kSpinTime. Reading the clock between pauses also keeps them apart:
/// hypervisors take the processor away from a loop that only pauses.
template <typename Ready>
bool spin_until(const Ready& ready) {
  for (const auto end = std::chrono::steady_clock::now() + kSpinTime;
       std::chrono::steady_clock::now() < end;) {
    if (ready()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return ready();
}

}  // namespace

struct ThreadPool::Shared {
  std::mutex owner;                          ///< held by the caller whose loop the workers serve
  std::atomic<std::uint32_t> generation{0};  ///< odd: stop
  std::atomic<std::size_t> next_task{0};
  /// Workers inside the loop, and kClosed when no more may enter. The caller closes it when the tasks are out
  /// and waits for those inside alone: a worker that is still waking up is not waited for.
  std::atomic<std::uint32_t> inside{kClosed};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;  ///< written by the one thread that sets `failed`
  Loop loop;

  void take_tasks(int worker) {
    for (std::size_t task; (task = next_task.fetch_add(1, std::memory_order_relaxed)) < loop.tasks;) {
      try {
        loop.call(loop.body, task, worker);
      } catch (...) {
        if (!failed.exchange(true)) failure = std::current_exception();
      }
    }
  }

  bool enter() {
    std::uint32_t now = inside.load(std::memory_order_acquire);
    while ((now & kClosed) == 0) {
      if (inside.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        return true;
    }
    return false;
  }

  void leave() {
    if (inside.fetch_sub(1, std::memory_order_acq_rel) == (kClosed | 1U)) inside.notify_one();
  }

  void close_and_wait() {
    inside.fetch_or(kClosed, std::memory_order_acq_rel);
    spin_until([&] { return inside.load(std::memory_order_acquire) == kClosed; });
    for (std::uint32_t now; (now = inside.load(std::memory_order_acquire)) != kClosed;) inside.wait(now);
  }

  void serve(int worker) {
    omp_set_num_threads(1);
    for (std::uint32_t seen = 0;;) {
      if (!spin_until([&] { return generation.load(std::memory_order_acquire) != seen; })) {
        generation.wait(seen, std::memory_order_acquire);
      }
      const std::uint32_t now = generation.load(std::memory_order_acquire);
      if (now == seen) continue;
      if (now & 1U) return;
      seen = now;
      if (!enter()) continue;
      take_tasks(worker);
      leave();
    }
  }
};

ThreadPool::ThreadPool(int threads) : shared_(std::make_unique<Shared>()) {
  try {
    workers_.reserve(static_cast<std::size_t>(std::max(threads - 1, 0)));
    for (int worker = 1; worker < threads; ++worker)
      workers_.emplace_back([shared = shared_.get(), worker] { shared->serve(worker); });
  } catch (const std::system_error& refusal) {
    stop();  // those that did start would be waited for, and wait themselves, for ever
    throw IoError(fmt::format("cannot start thread {} of {}: {}", workers_.size() + 2, threads,
                              refusal.code().message()));
  } catch (...) {
    stop();  // memory ran out
    throw;
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

void ThreadPool::stop() {
  shared_->generation.fetch_or(1U, std::memory_order_release);
  shared_->generation.notify_all();
}

void ThreadPool::run(const Loop& loop) const {
  const SingleThreadedOpenMp single_threaded;
  const std::unique_lock lock(shared_->owner, std::try_to_lock);
  if (workers_.empty() || loop.tasks < 2 || !lock.owns_lock()) {
    for (std::size_t task = 0; task < loop.tasks; ++task) loop.call(loop.body, task, 0);
    return;
  }
  Shared& shared = *shared_;
  shared.loop = loop;
  shared.failed = false;
  shared.next_task.store(0, std::memory_order_relaxed);
  shared.inside.store(0, std::memory_order_release);
  shared.generation.fetch_add(2, std::memory_order_release);
  shared.generation.notify_all();
  shared.take_tasks(0);
  shared.close_and_wait();
  if (shared.failed) std::rethrow_exception(std::exchange(shared.failure, nullptr));
}

}  // namespace transkimmer
