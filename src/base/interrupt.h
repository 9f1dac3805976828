#pragma once

#include <csignal>

namespace transkimmer {

/// While it lives, the first SIGINT (Ctrl-C) or SIGTERM only sets a flag, so that work can stop at a good
/// place and save; the next one acts as if nothing had been installed, for a user who will not wait.
/// Destruction restores the handlers that were there. One at a time per process.
class InterruptGuard {
 public:
  /// Throws Error when another one lives.
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  /// Whether a signal has come since construction. Callable from any thread.
  bool interrupted() const { return signal() != 0; }
  /// The signal that came (SIGINT, SIGTERM), 0 when none did. A shell expects exit status 128 + this.
  int signal() const;

 private:
  struct sigaction previous_interrupt_ = {};
  struct sigaction previous_terminate_ = {};
};

}  // namespace transkimmer
