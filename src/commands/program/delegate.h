#pragma once

#include <string>

namespace transkimmer {

/// The program that runs commands which this one lacks.
struct Delegate {
  std::string program;  ///< name of the program to run instead of this one
  std::string
      invoked_name;  ///< what it is told it was called as, so that its messages name what the user typed
  std::string hint;  ///< how to get it, for the message when it is absent
};

/// Replaces this process by `delegate.program`, found beside the running program or else on PATH, with the
/// arguments argv[1], argv[2], ... and, unless the environment says otherwise, with OpenMP threads that sleep
/// while they wait. Throws Error when there is no such program or it cannot be started.
[[noreturn]] void run_delegate(const Delegate& delegate, char** argv);

}  // namespace transkimmer
