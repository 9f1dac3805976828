#pragma once

#include <csignal>
#include <cstddef>
#include <memory>

namespace transkimmer {

/// While it lives, the first SIGINT (Ctrl-C) or SIGTERM only sets a flag, so that work can stop at a good
/// place and save; the next one acts as if nothing had been installed, for a user who will not wait.
/// Destruction restores the handlers that were there. One at a time per process; construct it on the main
/// thread, to which the kernel delivers the signals of a process. `notice`, if any, goes to standard error
/// when the first signal comes: a line that says what happens now. It must live as long as the guard.
class InterruptGuard {
 public:
  /// Throws Error when another one lives.
  explicit InterruptGuard(const char* notice = nullptr);
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  /// Whether a signal has come since construction. Callable from any thread.
  bool interrupted() const { return signal() != 0; }
  /// The signal that came (SIGINT, SIGTERM), 0 when none did. A shell expects exit status 128 + this.
  int signal() const;

 private:
  // The handler runs on a stack of its own. oneDNN's matrix products keep values further below the stack
  // pointer than the calling convention protects, and a handler on the same stack would overwrite them.
  std::unique_ptr<std::byte[]> stack_;
  stack_t previous_stack_ = {};
  struct sigaction previous_interrupt_ = {};
  struct sigaction previous_terminate_ = {};
};

}  // namespace transkimmer
