#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>

#include "datasets/formats/line_reader.h"

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

/// How lines of input are read.
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

/// Reads inputs line by line, from a file or, as they arrive, from standard input. Lines end as LineReader
/// has it, and a byte-order mark is skipped. A blank line is an empty text; JSON lines and questions pass it
/// over.
class TextLineReader {
 public:
  /// Throws IoError naming the path.
  explicit TextLineReader(const TextInputOptions& options);

  /// The next input, waiting for it if need be; nothing at the end. Throws IoError, or FormatError naming the
  /// line.
  std::optional<TextLine> next();
  /// Whether `next` has something to work on at once: false when it would wait for a person or a slow
  /// program.
  bool ready() const;

 private:
  bool read_line();
  bool passes_over_blank_lines() const;
  /// Reads up to the first line that is not blank, which decides.
  void decide_format();
  TextLine parse() const;

  LineReader lines_;
  std::string name_;  ///< for messages
  InputFormat format_;
  LineContent content_;
  std::string_view line_;
  std::size_t blank_ahead_ = 0;  ///< blank lines read already, which are texts
  bool is_ahead_ = false;        ///< whether line_ is read already
};

/// Calls `answer` with lines that were there together, at most `most_lines` of them, as they arrive. When one
/// is faulty those before it are answered first.
void for_each_chunk(TextLineReader& reader, std::size_t most_lines,
                    const std::function<void(const std::vector<TextLine>&)>& answer);

}  // namespace transkimmer
