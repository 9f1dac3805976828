#include "commands/options/text_input.h"

#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "datasets/formats/json_lines.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Far beyond any text a model reads; a line this long is a file without line ends.
constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;
/// Lines that are there together are worked on together, up to so many bytes of text: memory that does not
/// grow with the file.
constexpr std::size_t kMaxChunkBytes = std::size_t{4} << 20;

/// A line of a file of JSON lines.
class JsonLine {
 public:
  JsonLine(std::string_view line, const std::string& name, std::size_t number)
      : reader_(line, name, number - 1) {
    reader_.next(object_);
  }
  std::string text(const char* key) const { return reader_.string_at(object_, key); }
  const nlohmann::json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

 private:
  JsonLineReader reader_;
  nlohmann::json object_;
};

TextLine json_question(const JsonLine& line) {
  TextLine result;
  result.text = line.text("question");
  result.text_pair = line.text("context");
  if (const auto* id = line.find("id")) result.id = id->dump();
  return result;
}

TextLine json_texts(const JsonLine& line) {
  TextLine result;
  result.text = line.text("text");
  const auto* pair = line.find("text_pair");
  if (pair != nullptr && !pair->is_null()) result.text_pair = line.text("text_pair");
  return result;
}

TextLine parse_text_line(const std::string& line, const std::string& where) {
  const auto tab = line.find('\t');
  if (tab == std::string::npos) return {line, std::nullopt, {}};
  if (line.find('\t', tab + 1) != std::string::npos) {
    throw FormatError(
        fmt::format("{}: expected one text, or two separated by a tab, found more than one tab", where));
  }
  return {line.substr(0, tab), line.substr(tab + 1), {}};
}

TextLine parse_text_question(const std::string& line, const std::string& where) {
  TextLine result = parse_text_line(line, where);
  if (!result.text_pair)
    throw FormatError(fmt::format("{}: expected a question and its context, separated by a tab", where));
  return result;
}

}  // namespace

void add_text_input_options(CLI::App& command, TextInputOptions& options) {
  command
      .add_option(
          "--input", options.path,
          "File to read; -: standard input. One text per line, or two separated by a tab, or JSON lines "
          "{\"text\": ..., \"text_pair\": ...}")
      ->type_name("FILE")
      ->group("Input");
  static const std::map<std::string, InputFormat> formats = {
      {"auto", InputFormat::automatic}, {"text", InputFormat::text}, {"json", InputFormat::json}};
  command
      .add_option_function<std::string>(
          "--input-format", [&options](const std::string& name) { options.format = formats.at(name); },
          "auto, text or json; auto reads JSON lines when the first line begins with {")
      ->type_name("NAME")
      ->default_str("auto")
      ->check(CLI::Validator(
          [](const std::string& name) -> std::string {
            if (formats.contains(name)) return {};
            return fmt::format("expected auto, text or json, found '{}'", name);
          },
          ""))
      ->group("Input");
}

TextLineReader::TextLineReader(const TextInputOptions& options)
    : lines_(options.path == "-" ? InputReader::standard_input() : InputReader(options.path), kMaxLineBytes),
      name_(options.path == "-" ? "standard input" : options.path.string()),
      format_(options.format),
      content_(options.content) {}

bool TextLineReader::ready() const {
  return blank_ahead_ > 0 || is_ahead_ || lines_.ready();
}

bool TextLineReader::read_line() {
  if (!lines_.next()) return false;
  if (!lines_.ends_line())
    throw FormatError(
        fmt::format("{}:{}: the line is longer than {} bytes", name_, lines_.line(), kMaxLineBytes));
  line_ = lines_.line() == 1 ? readable_text(lines_.text(), name_) : lines_.text();
  return true;
}

bool TextLineReader::passes_over_blank_lines() const {
  return format_ == InputFormat::json || content_ == LineContent::questions;
}

void TextLineReader::decide_format() {
  std::size_t blank = 0;
  while ((is_ahead_ = read_line()) && is_blank(line_)) ++blank;
  const bool json = is_ahead_ && line_[line_.find_first_not_of(" \t")] == '{';
  format_ = json ? InputFormat::json : InputFormat::text;
  if (!passes_over_blank_lines()) blank_ahead_ = blank;
}

TextLine TextLineReader::parse() const {
  const bool questions = content_ == LineContent::questions;
  if (format_ == InputFormat::json) {
    const JsonLine line(line_, name_, lines_.line());
    return questions ? json_question(line) : json_texts(line);
  }
  const std::string where = fmt::format("{}:{}", name_, lines_.line());
  const std::string line(line_);
  return questions ? parse_text_question(line, where) : parse_text_line(line, where);
}

std::optional<TextLine> TextLineReader::next() {
  if (format_ == InputFormat::automatic) decide_format();
  if (blank_ahead_ > 0) {
    --blank_ahead_;
    return TextLine{};
  }
  while (std::exchange(is_ahead_, false) || read_line()) {
    if (!passes_over_blank_lines() || !is_blank(line_)) return parse();
  }
  return std::nullopt;
}

namespace {

/// Waits for the first line of a chunk, then takes what is there without waiting.
bool read_chunk(TextLineReader& reader, std::size_t most_lines, std::vector<TextLine>& chunk) {
  std::size_t bytes = 0;
  do {
    auto line = reader.next();
    if (!line) return false;
    bytes += line->text.size() + (line->text_pair ? line->text_pair->size() : 0);
    chunk.push_back(*std::move(line));
  } while (chunk.size() < most_lines && bytes < kMaxChunkBytes && reader.ready());
  return true;
}

}  // namespace

void for_each_chunk(TextLineReader& reader, std::size_t most_lines,
                    const std::function<void(const std::vector<TextLine>&)>& answer) {
  for (bool more = true; more;) {
    std::vector<TextLine> chunk;
    try {
      more = read_chunk(reader, most_lines, chunk);
    } catch (const Error&) {
      // The lines before the faulty one get their answers.
      answer(chunk);
      throw;
    }
    answer(chunk);
  }
}

}  // namespace transkimmer
