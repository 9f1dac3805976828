#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace transkimmer {

/// What a line of progress says, and how often.
struct ProgressOptions {
  std::int64_t total = 0;  ///< steps in all; 0 when unknown: then no percentage and no time left
  std::int64_t first_step =
      0;              ///< where this run begins (a resumed training); these steps do not count in the rate
  std::string title;  ///< begins the line
  std::string unit = "steps";  ///< of the rate; empty: no rate is shown
  bool terminal = false;       ///< rewrite one line instead of adding lines
  std::size_t columns = 80;    ///< of the terminal; a longer line would not be rewritten but pile up
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// How far a long command has come: `training  42%  420/1000  12.3 steps/s  47 s left  loss 0.31`. On a
/// terminal one line is rewritten, at most five times a second; elsewhere (a log) a line is added at most
/// every ten seconds.
class ProgressLine {
 public:
  /// `out` must outlive this object.
  ProgressLine(std::ostream& out, ProgressOptions options);
  /// On standard error; fills in `terminal` and `columns`.
  explicit ProgressLine(ProgressOptions options);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Ends an unfinished line, so that an error message gets its own.
  ~ProgressLine();

  /// `step` steps are done; `details` end the line.
  void update(std::int64_t step, std::string_view details = "");
  /// Shows the last update, with the time it all took, and ends the line. Nothing after that.
  void finish();
  /// Makes room for other text: a terminal's line is erased, since the next update shows it again.
  void interrupt_line();

 private:
  using Time = std::chrono::steady_clock::time_point;

  std::string text(Time now, bool finished) const;
  void print(const std::string& text);
  void end_line();

  std::ostream& out_;
  ProgressOptions options_;
  Time start_;
  std::optional<Time> printed_at_;
  std::int64_t step_ = 0;
  std::string details_;
  bool line_open_ = false;
  bool finished_ = false;
};

/// The progress of reading text, in megabytes. There is nothing to see before the first update.
class ReadingLine {
 public:
  explicit ReadingLine(std::string title) : title_(std::move(title)) {}
  /// In bytes; `total` as in the first update.
  void update(std::uint64_t read, std::uint64_t total, std::string_view details = "");
  void finish();

 private:
  std::string title_;
  std::optional<ProgressLine> line_;
};

/// "47 s", "3 min 20 s", "2 h 05 min".
std::string duration_text(std::chrono::duration<double> duration);

}  // namespace transkimmer
