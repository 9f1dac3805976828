#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include <CLI/App.hpp>

namespace transkimmer {

/// How lines of text become inputs.
enum class InputFormat {
  automatic,  ///< JSON lines when the first line begins with '{', else text
  text,       ///< one text per line, or two separated by a tab
  json        ///< one object per line with "text" and, for pairs, "text_pair"; other keys are ignored
};

struct TextInputOptions {
  std::filesystem::path path = "-";  ///< "-": standard input
  InputFormat format = InputFormat::automatic;
};

/// --input and --input-format.
void add_text_input_options(CLI::App& command, TextInputOptions& options);

/// A line of input, read.
struct TextLine {
  std::string text;
  std::optional<std::string> text_pair;
};

/// Reads inputs line by line, from a file or, as they arrive, from standard input. LF and CR LF end a line, a
/// byte-order mark is skipped, and an empty line is an empty text.
class TextLineReader {
 public:
  /// Throws IoError naming the path.
  explicit TextLineReader(const TextInputOptions& options);
  TextLineReader(const TextLineReader&) = delete;
  TextLineReader& operator=(const TextLineReader&) = delete;
  ~TextLineReader();

  /// The next input, waiting for it if need be; nothing at the end. Throws IoError, or FormatError naming the
  /// line.
  std::optional<TextLine> next();
  /// Whether `next` has something to work on at once: false when it would wait for a person or a slow
  /// program.
  bool ready() const;

 private:
  std::optional<std::string> next_line();
  bool read_more();
  TextLine parse(const std::string& line) const;

  std::string name_;  ///< for messages
  InputFormat format_;
  int descriptor_ = 0;
  std::string buffer_;
  std::size_t consumed_ = 0;  ///< bytes of buffer_ already returned
  bool at_end_ = false;
  std::size_t line_number_ = 0;
};

}  // namespace transkimmer
