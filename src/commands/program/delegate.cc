#include "commands/program/delegate.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "transkimmer/error.h"

namespace transkimmer {

void run_delegate(const Delegate& delegate, char** argv) {
  std::string name = delegate.invoked_name;
  std::vector<char*> arguments = {name.data()};
  for (char** argument = argv + 1; *argument != nullptr; ++argument) arguments.push_back(*argument);
  arguments.push_back(nullptr);

  // OpenMP reads it once, as the other program is loaded. Its threads otherwise spin while they wait for each
  // other, which on a machine with other work makes libtorch several times slower.
  constexpr int kUnlessSetByTheUser = 0;
  ::setenv("OMP_WAIT_POLICY", "passive", kUnlessSetByTheUser);

  std::error_code ignored;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  if (!here.empty()) ::execv((here / delegate.program).c_str(), arguments.data());
  if (errno == ENOENT || here.empty()) ::execvp(delegate.program.c_str(), arguments.data());
  if (errno == ENOENT) {
    throw Error(fmt::format("'{}' needs {}: there is no program '{}' in {} or on PATH", argv[1],
                            delegate.hint, delegate.program, here.string()));
  }
  throw Error(fmt::format("{}: cannot be started: {}", delegate.program, std::strerror(errno)));
}

}  // namespace transkimmer
