#include "base/progress.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace transkimmer {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kTerminalInterval{0.2};  // faster is unreadable
constexpr Seconds kLogInterval{10.0};      // a night's training stays a log that one can page through
/// Moves to the line's beginning and erases what was there.
constexpr std::string_view kRewrite = "\r\x1b[K";

std::string rate_text(double steps_per_second, const std::string& unit) {
  if (steps_per_second >= 10) return fmt::format("{:.0f} {}/s", steps_per_second, unit);
  return fmt::format("{:.2g} {}/s", steps_per_second, unit);
}

ProgressOptions fitted_to_standard_error(ProgressOptions options) {
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  winsize size = {};
  if (options.terminal && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    options.columns = size.ws_col;
  return options;
}

}  // namespace

void ReadingLine::update(std::uint64_t read, std::uint64_t total, std::string_view details) {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  if (!line_) {
    line_.emplace(ProgressOptions{
        .total = static_cast<std::int64_t>(total / kMegabyte), .title = title_, .unit = "MB"});
  }
  line_->update(static_cast<std::int64_t>(read / kMegabyte), details);
}

void ReadingLine::finish() {
  if (line_) line_->finish();
}

std::string duration_text(std::chrono::duration<double> duration) {
  const auto seconds = static_cast<std::int64_t>(std::ceil(std::max(duration.count(), 0.0)));
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

ProgressLine::ProgressLine(std::ostream& out, ProgressOptions options)
    : out_(out), options_(std::move(options)), start_(options_.now()), step_(options_.first_step) {}

ProgressLine::ProgressLine(ProgressOptions options)
    : ProgressLine(std::cerr, fitted_to_standard_error(std::move(options))) {}

ProgressLine::~ProgressLine() {
  end_line();
}

void ProgressLine::update(std::int64_t step, std::string_view details) {
  if (finished_) return;
  step_ = step;
  details_ = details;
  const Time now = options_.now();
  const Seconds interval = options_.terminal ? kTerminalInterval : kLogInterval;
  // A terminal shows the first step at once; a log says nothing of what ends within the interval.
  const bool at_once = options_.terminal && !printed_at_;
  if (!at_once && now - printed_at_.value_or(start_) < interval) return;
  printed_at_ = now;
  print(text(now, false));
}

void ProgressLine::finish() {
  if (finished_) return;
  print(text(options_.now(), true));
  end_line();
  finished_ = true;
}

void ProgressLine::interrupt_line() {
  if (!line_open_) return;
  out_ << kRewrite << std::flush;
  line_open_ = false;
}

void ProgressLine::end_line() {
  if (!line_open_) return;
  out_ << '\n' << std::flush;
  line_open_ = false;
}

std::string ProgressLine::text(Time now, bool finished) const {
  std::string line = options_.title;
  const auto add = [&](std::string_view part) {
    if (!line.empty() && !part.empty()) line += "  ";
    line += part;
  };
  if (options_.total > 0) {
    add(fmt::format("{:3}%", 100 * step_ / options_.total));
    add(fmt::format("{}/{}", step_, options_.total));
  } else {
    add(fmt::format("{} {}", step_, options_.unit));
  }
  const Seconds elapsed = now - start_;
  const double rate =
      elapsed.count() > 0 ? static_cast<double>(step_ - options_.first_step) / elapsed.count() : 0.0;
  if (rate > 0 && !options_.unit.empty()) add(rate_text(rate, options_.unit));
  if (finished) {
    add("in " + duration_text(elapsed));
  } else if (rate > 0 && options_.total > 0) {
    add(duration_text(Seconds(static_cast<double>(options_.total - step_) / rate)) + " left");
  }
  add(details_);
  return line;
}

void ProgressLine::print(const std::string& line) {
  if (!options_.terminal) {
    out_ << line << '\n' << std::flush;
    return;
  }
  // One column stays free: some terminals wrap as soon as the last one is written.
  const std::size_t columns = options_.columns > 1 ? options_.columns - 1 : 0;
  out_ << kRewrite << std::string_view(line).substr(0, columns) << std::flush;
  line_open_ = true;
}

}  // namespace transkimmer
