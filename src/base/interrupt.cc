#include "base/interrupt.h"

#include <atomic>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// A signal handler is given nothing but the number, so what it sets has to be global.
std::atomic<int> received_signal = 0;
std::atomic<bool> guard_lives = false;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait for a lock");

extern "C" void remember_signal(int number) {
  received_signal.store(number);
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGINT, &standard, nullptr);
  sigaction(SIGTERM, &standard, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guard_lives.exchange(true)) throw Error("two interrupt guards at once");
  received_signal.store(0);
  struct sigaction action = {};
  action.sa_handler = remember_signal;
  action.sa_flags = SA_RESTART;  // reads and writes under way go on: we stop where the work says so
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_terminate_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_terminate_, nullptr);
  guard_lives.store(false);
}

int InterruptGuard::signal() const {
  return received_signal.load();
}

}  // namespace transkimmer
