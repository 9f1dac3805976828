#include "commands/process.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

struct Streams {
  int input = -1;
  int output = -1;
  int error = -1;  ///< -1: the test's own
};

int start(const std::string& program, std::vector<std::string> arguments, const Streams& streams,
          const std::string& path_variable) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  ::dup2(streams.input, STDIN_FILENO);
  ::dup2(streams.output, STDOUT_FILENO);
  if (streams.error >= 0) ::dup2(streams.error, STDERR_FILENO);
  if (!path_variable.empty()) ::setenv("PATH", path_variable.c_str(), 1);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

/// Sends a signal once `path` exists; does nothing when the process ends before.
void signal_when_there(int process, int signal, const std::string& path) {
  siginfo_t ended = {};
  while (!std::filesystem::exists(path)) {
    ::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::kill(process, signal);
}

int wait_for(int process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int open_file(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::runtime_error("cannot open " + path.string());
  return descriptor;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  return ends;
}

}  // namespace

std::vector<std::string> ProcessResult::out_lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const ProcessOptions& options) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "in", options.input);
  const std::string out = options.output_path.empty() ? (directory / "out").string() : options.output_path;
  const Streams streams{open_file(directory / "in", O_RDONLY), open_file(out, O_WRONLY | O_CREAT),
                        open_file(directory / "err", O_WRONLY | O_CREAT)};
  const int process = start(program, arguments, streams, options.path_variable);
  for (const int descriptor : {streams.input, streams.output, streams.error}) ::close(descriptor);
  if (!options.interrupt_at.empty()) signal_when_there(process, SIGINT, options.interrupt_at);
  if (!options.kill_at.empty()) signal_when_there(process, SIGKILL, options.kill_at);
  ProcessResult result;
  result.status = wait_for(process);
  if (options.output_path.empty()) result.out = read_file(out);
  result.err = read_file(directory / "err");
  return result;
}

ProcessResult transkimmer(const std::vector<std::string>& arguments, std::string_view input) {
  ProcessOptions options;
  options.input = input;
  return run_process(TRANSKIMMER_PROGRAM, arguments, options);
}

Conversation::Conversation(const std::string& program, const std::vector<std::string>& arguments) {
  const auto to_program = make_pipe();
  const auto from_program = make_pipe();
  process_ = start(program, arguments, {to_program[0], from_program[1], -1}, {});
  ::close(to_program[0]);
  ::close(from_program[1]);
  input_ = to_program[1];
  output_ = from_program[0];
}

Conversation::~Conversation() {
  if (process_ >= 0) finish();
  close_output();
}

void Conversation::write(std::string_view text) {
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the program does not read");
  }
}

std::string Conversation::read_line(int seconds) {
  while (true) {
    const auto end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd request{output_, POLLIN, 0};
    if (::poll(&request, 1, seconds * 1000) <= 0) return {};
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count <= 0) return {};
    pending_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void Conversation::close_output() {
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

int Conversation::finish() {
  ::close(input_);
  const int status = wait_for(process_);
  process_ = -1;
  return status;
}

}  // namespace transkimmer::test
