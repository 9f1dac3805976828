#include "base/interrupt.h"

#include <atomic>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// The kernel saves all vector registers there, some 3 KiB with AVX-512 and 11 KiB with AMX.
constexpr std::size_t kHandlerStackSize = std::size_t{1} << 16;

// A signal handler is given nothing but the number, so what it sets has to be global.
std::atomic<int> received_signal = 0;
std::atomic<const char*> first_notice = nullptr;
std::atomic<bool> guard_lives = false;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait for a lock");

extern "C" void remember_signal(int number) {
  received_signal.store(number);
  // write() is all the output that a handler may do; errno belongs to what it interrupts.
  const int error_before = errno;
  if (const char* const notice = first_notice.load(); notice != nullptr) [[maybe_unused]]
    const ssize_t written = write(STDERR_FILENO, notice, std::strlen(notice));
  errno = error_before;
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGINT, &standard, nullptr);
  sigaction(SIGTERM, &standard, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard(const char* notice) {
  if (guard_lives.exchange(true)) throw Error("two interrupt guards at once");
  received_signal.store(0);
  first_notice.store(notice);
  stack_ = std::make_unique<std::byte[]>(kHandlerStackSize);
  stack_t stack = {};
  stack.ss_sp = stack_.get();
  stack.ss_size = kHandlerStackSize;
  sigaltstack(&stack, &previous_stack_);
  struct sigaction action = {};
  action.sa_handler = remember_signal;
  // Reads and writes under way go on: we stop where the work says so.
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_terminate_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_terminate_, nullptr);
  sigaltstack(&previous_stack_, nullptr);
  guard_lives.store(false);
}

int InterruptGuard::signal() const {
  return received_signal.load();
}

}  // namespace transkimmer
