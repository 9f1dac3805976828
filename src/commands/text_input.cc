#include "commands/text_input.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::size_t read_bytes = std::size_t{1} << 16;
/// Far beyond any text a model reads; a line this long is a file without line ends.
constexpr std::size_t max_line_bytes = std::size_t{64} << 20;
/// Lines that are there together are worked on together, up to so many bytes of text: memory that does not
/// grow with the file.
constexpr std::size_t max_chunk_bytes = std::size_t{4} << 20;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string string_member(const nlohmann::json& object, const char* key, const std::string& where) {
  const auto& value = object.at(key);
  if (!value.is_string()) throw FormatError(fmt::format("{}: \"{}\" is not a string", where, key));
  return value.get<std::string>();
}

nlohmann::json parse_object(const std::string& line, const std::string& where) {
  auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) throw FormatError(fmt::format("{}: expected a JSON object, one per line", where));
  return object;
}

void require_key(const nlohmann::json& object, const char* key, const std::string& where) {
  if (!object.contains(key)) throw FormatError(fmt::format("{}: the JSON object has no \"{}\"", where, key));
}

TextLine parse_json_question(const std::string& line, const std::string& where) {
  const auto object = parse_object(line, where);
  TextLine result;
  require_key(object, "question", where);
  require_key(object, "context", where);
  result.text = string_member(object, "question", where);
  result.text_pair = string_member(object, "context", where);
  if (const auto id = object.find("id"); id != object.end()) result.id = id->dump();
  return result;
}

TextLine parse_json_line(const std::string& line, const std::string& where) {
  const auto object = parse_object(line, where);
  require_key(object, "text", where);
  TextLine result;
  result.text = string_member(object, "text", where);
  const auto pair = object.find("text_pair");
  if (pair != object.end() && !pair->is_null()) result.text_pair = string_member(object, "text_pair", where);
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
    : name_(options.path == "-" ? "standard input" : options.path.string()),
      format_(options.format),
      content_(options.content) {
  if (options.path == "-") {
    descriptor_ = STDIN_FILENO;
    return;
  }
  descriptor_ = ::open(options.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw IoError(fmt::format("{}: cannot be opened: {}", name_, std::strerror(errno)));
}

TextLineReader::~TextLineReader() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool TextLineReader::ready() const {
  if (at_end_ || buffer_.find('\n', consumed_) != std::string::npos) return true;
  pollfd request{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&request, 1, 0) > 0;
}

bool TextLineReader::read_more() {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  const std::size_t size = buffer_.size();
  buffer_.resize(size + read_bytes);
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, buffer_.data() + size, read_bytes);
  } while (count < 0 && errno == EINTR);
  const int error_number = errno;
  buffer_.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (count < 0) throw IoError(fmt::format("{}: cannot be read: {}", name_, std::strerror(error_number)));
  return count > 0;
}

std::optional<std::string> TextLineReader::next_line() {
  std::size_t searched = 0;
  while (true) {
    const auto end = buffer_.find('\n', consumed_ + searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(consumed_, end - consumed_);
      consumed_ = end + 1;
      return line;
    }
    searched = buffer_.size() - consumed_;
    if (searched > max_line_bytes) {
      throw FormatError(
          fmt::format("{}:{}: the line is longer than {} bytes", name_, line_number_ + 1, max_line_bytes));
    }
    if (!at_end_) at_end_ = !read_more();
    if (!at_end_) continue;
    if (searched == 0) return std::nullopt;
    std::string line = buffer_.substr(consumed_);
    consumed_ = buffer_.size();
    return line;
  }
}

TextLine TextLineReader::parse(const std::string& line) const {
  const std::string where = fmt::format("{}:{}", name_, line_number_);
  const bool json = format_ == InputFormat::json;
  if (content_ == LineContent::questions)
    return json ? parse_json_question(line, where) : parse_text_question(line, where);
  return json ? parse_json_line(line, where) : parse_text_line(line, where);
}

std::optional<TextLine> TextLineReader::next() {
  auto line = next_line();
  if (!line) return std::nullopt;
  ++line_number_;
  if (line_number_ == 1 && line->starts_with(byte_order_mark)) line->erase(0, byte_order_mark.size());
  if (line->ends_with('\r')) line->pop_back();
  if (format_ == InputFormat::automatic) {
    format_ = line->starts_with('{') ? InputFormat::json : InputFormat::text;
  }
  return parse(*line);
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
  } while (chunk.size() < most_lines && bytes < max_chunk_bytes && reader.ready());
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
