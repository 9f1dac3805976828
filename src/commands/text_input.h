#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace transkimmer {

/// How lines of text become inputs.
enum class InputFormat {
  automatic,  ///< JSON lines when the first line begins with '{', else text
  text,       ///< one text per line, or two separated by a tab
  json        ///< one object per line with the keys of LineContent; others are ignored
};

/// What a line holds.
enum class LineContent {
  texts,     ///< one text or two: "text" and, for pairs, "text_pair"
  questions  ///< always two: "question" and "context"; an "id" goes with them
};

struct TextInputOptions {
  std::filesystem::path path = "-";  ///< "-": standard input
  InputFormat format = InputFormat::automatic;
  LineContent content = LineContent::texts;
};

/// --input and --input-format.
void add_text_input_options(CLI::App& command, TextInputOptions& options);

/// A line of input, read.
struct TextLine {
  std::string text;                      ///< or the question
  std::optional<std::string> text_pair;  ///< or the context
  std::string id;                        ///< of a question, as JSON; empty when there is none
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
  LineContent content_;
  int descriptor_ = 0;
  std::string buffer_;
  std::size_t consumed_ = 0;  ///< bytes of buffer_ already returned
  bool at_end_ = false;
  std::size_t line_number_ = 0;
};

/// Calls `answer` with lines that were there together, at most `most_lines` of them, as they arrive. When one
/// is faulty those before it are answered first.
void for_each_chunk(TextLineReader& reader, std::size_t most_lines,
                    const std::function<void(const std::vector<TextLine>&)>& answer);

}  // namespace transkimmer
