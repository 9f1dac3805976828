#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/files/input_reader.h"

namespace transkimmer {

/// The largest length of at most `most` bytes after which `text` (longer than that) can be cut without
/// parting a word, or, where there is no blank, without parting a UTF-8 character.
std::size_t cut_between_words(std::string_view text, std::size_t most);

/// White space alone, or nothing.
bool is_blank(std::string_view text);

/// What ends the lines of a text in memory: LF, before which a CR may stand, or, in a text without any, CR.
char line_end_of(std::string_view text);

/// Reads the lines of a file with bounded memory, as they arrive: a line longer than `max_bytes` comes in
/// several parts, cut between words where it has blanks. Lines end in LF or CR LF, or in CR in a file of at
/// most `max_bytes` that has no LF; the last one may lack its end.
class LineReader {
 public:
  /// `max_bytes` is at least 4, the longest character.
  LineReader(InputReader file, std::size_t max_bytes);

  /// Goes to the next line or part of one; false at the end of the file. Throws IoError naming the path.
  bool next();
  /// Whether `next` would return at once.
  bool ready() const;
  /// What `next` found, without the line's end; valid until `next` is called again.
  std::string_view text() const { return text_; }
  /// Whether text() begins its line, and whether it ends it.
  bool starts_line() const { return starts_line_; }
  bool ends_line() const { return ends_line_; }
  /// The number of the line that text() belongs to, from 1.
  std::size_t line() const { return line_; }
  /// Bytes of the file that were returned so far, line ends included.
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  void take(std::size_t length, std::size_t line_end);
  bool take_at_end_of_file();

  InputReader file_;
  std::size_t max_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of what was not returned yet
  std::size_t searched_ = 0;  // bytes of that without a line feed
  bool has_line_feeds_ = false;
  bool at_end_ = false;  // of the file
  std::string_view text_;
  bool starts_line_ = false;
  bool ends_line_ = true;
  std::size_t line_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace transkimmer
