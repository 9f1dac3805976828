#include "datasets/formats/line_reader.h"

#include <utility>

#include "base/strings/utf8.h"

namespace transkimmer {
namespace {

/// Enough to make system calls rare, little beside a file of one review.
constexpr std::size_t kReadBytes = 1 << 15;

}  // namespace

std::size_t cut_between_words(std::string_view text, std::size_t most) {
  const std::size_t blank = text.find_last_of(" \t\n", most);
  if (blank != text.npos && blank > 0) return blank;
  // A character has at most three continuation bytes; more of them are no UTF-8 and are cut anywhere.
  for (std::size_t at = most; at > 0 && at + 4 > most; --at) {
    if (!is_continuation_byte(text[at])) return at;
  }
  return most;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

char line_end_of(std::string_view text) {
  return text.find('\n') == text.npos ? '\r' : '\n';
}

LineReader::LineReader(InputReader file, std::size_t max_bytes)
    : file_(std::move(file)), max_bytes_(max_bytes) {}

bool LineReader::ready() const {
  return at_end_ || buffer_.find('\n', begin_ + searched_) != buffer_.npos || file_.ready();
}

bool LineReader::next() {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(begin_);
    const std::size_t end = rest.find('\n', searched_);
    has_line_feeds_ = has_line_feeds_ || end != rest.npos;
    if (end <= max_bytes_) {
      take(end, 1);
      return true;
    }
    if (rest.size() > max_bytes_) {
      take(cut_between_words(rest, max_bytes_), 0);
      return true;
    }
    if (at_end_) return take_at_end_of_file();
    searched_ = rest.size();
    buffer_.erase(0, begin_);
    begin_ = 0;
    at_end_ = file_.append_to(buffer_, kReadBytes) == 0;
  }
}

bool LineReader::take_at_end_of_file() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.empty()) return false;
  const std::size_t end = has_line_feeds_ ? rest.npos : rest.find('\r');
  if (end != rest.npos) {
    take(end, 1);
    return true;
  }
  take(rest.size(), 0);
  ends_line_ = true;
  if (text_.ends_with('\r')) text_.remove_suffix(1);
  return true;
}

void LineReader::take(std::size_t length, std::size_t line_end) {
  starts_line_ = ends_line_;
  if (starts_line_) ++line_;
  text_ = std::string_view(buffer_).substr(begin_, length);
  ends_line_ = line_end > 0;
  if (ends_line_ && text_.ends_with('\r')) text_.remove_suffix(1);
  begin_ += length + line_end;
  searched_ = 0;
  bytes_read_ += length + line_end;
}

}  // namespace transkimmer
