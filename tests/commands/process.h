#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace transkimmer::test {

/// How a program ended and what it wrote.
struct ProcessResult {
  int status = -1;  ///< exit status, or 128 plus the signal that ended it
  std::string out;
  std::string err;

  std::vector<std::string> out_lines() const;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

struct ProcessOptions {
  std::string input;              ///< its standard input
  std::string output_path;        ///< where its standard output goes instead of `out`
  std::string path_variable;      ///< replaces PATH when not empty
  std::string interrupt_at = {};  ///< it gets SIGINT (Ctrl-C) as soon as this path exists
  std::string kill_at = {};       ///< the same with SIGKILL
};

/// Runs `program` with `arguments` and waits for it.
ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const ProcessOptions& options = {});

/// Runs the program `transkimmer` that was built.
ProcessResult transkimmer(const std::vector<std::string>& arguments, std::string_view input = {});

/// A program one talks to: what is written reaches it at once, and what it answers can be waited for.
class Conversation {
 public:
  Conversation(const std::string& program, const std::vector<std::string>& arguments);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  /// Ends the input and waits for the program.
  ~Conversation();

  void write(std::string_view text);
  /// The next line of its output without the line end; empty when none comes within `seconds`.
  std::string read_line(int seconds);
  /// Nobody reads its output any more.
  void close_output();
  /// Ends the input and waits; exit status, or 128 plus the signal that ended it.
  int finish();

 private:
  int process_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string pending_;
};

}  // namespace transkimmer::test
