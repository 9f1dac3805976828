#include "datasets/text_corpus.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/files/folder.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/line_reader.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlanks = " \t\r\n\v\f";

/// A line `<doc id="12" title="...">` or `</doc>`.
bool is_document_mark(std::string_view line) {
  const std::size_t last = line.find_last_not_of(kBlanks);
  if (last == line.npos || line[last] != '>') return false;
  line = line.substr(0, last + 1);
  return line == "</doc>" || line == "<doc>" || line.starts_with("<doc ");
}

/// The length of a tag `<br>`, `<br/>` or `<br />`, in either case, at the beginning of `text`; 0 for
/// anything else.
std::size_t break_tag_length(std::string_view text) {
  if (text.size() < 4 || text[0] != '<' || (text[1] | 0x20) != 'b' || (text[2] | 0x20) != 'r') return 0;
  std::size_t at = 3;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at < text.size() && text[at] == '/') ++at;
  return at < text.size() && text[at] == '>' ? at + 1 : 0;
}

void turn_break_tags_into_lines(std::string& text) {
  std::size_t from = text.find('<');
  std::size_t to = from;
  while (from < text.size()) {
    if (const std::size_t length = break_tag_length(std::string_view(text).substr(from)); length > 0) {
      text[to++] = '\n';
      from += length;
    } else {
      text[to++] = text[from++];
    }
  }
  if (to < text.size()) text.resize(to);
}

}  // namespace

/// Reads one file.
class TextCorpus::File {
 public:
  explicit File(const fs::path& path)
      : origin_(path.string()),
        is_json_(lower_case_extension(path) == ".jsonl" || lower_case_extension(path) == ".json"),
        lines_(InputReader(path), kMaxDocumentBytes),
        has_line_(lines_.next()) {
    if (!has_line_) return;
    line_ = readable_text(lines_.text(), origin_);
  }

  std::optional<std::string> next() {
    std::string document;
    while (read_document(document)) {
      turn_break_tags_into_lines(document);
      if (!is_blank(document)) return document;
      document.clear();
    }
    return std::nullopt;
  }

  std::uint64_t bytes_read() const { return lines_.bytes_read(); }

 private:
  /// False at the end of the file.
  bool read_document(std::string& document) {
    return is_json_ ? read_from_json(document) : read_from_text(document);
  }

  void go_on() {
    has_line_ = lines_.next();
    line_ = has_line_ ? lines_.text() : std::string_view();
  }

  bool read_from_text(std::string& document) {
    if (!has_line_) return false;
    for (; has_line_; go_on()) {
      if (lines_.starts_line() && lines_.ends_line() && is_document_mark(line_)) {
        go_on();
        return true;
      }
      const bool continues = !document.empty();
      if (continues && document.size() + line_.size() + 1 > kMaxDocumentBytes) return true;
      if (continues && lines_.starts_line()) document += '\n';
      document += line_;
    }
    return true;
  }

  bool read_from_json(std::string& document) {
    if (rest_.empty() && !read_json_line()) return false;
    const std::size_t length =
        rest_.size() > kMaxDocumentBytes ? cut_between_words(rest_, kMaxDocumentBytes) : rest_.size();
    document = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }

  /// Fills rest_; false at the end of the file.
  bool read_json_line() {
    while (has_line_) {
      const std::size_t number = lines_.line();
      std::string line(line_);
      for (bool complete = lines_.ends_line(); !complete; complete = lines_.ends_line()) {
        go_on();
        if (line.size() + line_.size() > kMaxJsonLineBytes) {
          throw FormatError(fmt::format("{}the line is longer than {} MiB, the most that is read of JSON",
                                        at_line(origin_, number), kMaxJsonLineBytes >> 20));
        }
        line += line_;
      }
      go_on();
      JsonLineReader reader(line, origin_, number - 1);
      nlohmann::json object;
      if (!reader.next(object)) continue;
      json_text_ = reader.string_at(object, "text");
      rest_ = json_text_;
      if (!rest_.empty()) return true;
    }
    return false;
  }

  std::string origin_;
  bool is_json_;
  LineReader lines_;
  bool has_line_;
  std::string_view line_;  // the part of lines_ to be read next
  std::string json_text_;
  std::string_view rest_;  // of json_text_, not returned yet
};

TextCorpus::TextCorpus(std::vector<fs::path> sources) {
  if (sources.empty()) throw UsageError("no text to read: give at least one file or directory");
  for (const fs::path& source : sources) list(source);
}

TextCorpus::TextCorpus(TextCorpus&& other) noexcept = default;
TextCorpus& TextCorpus::operator=(TextCorpus&& other) noexcept = default;
TextCorpus::~TextCorpus() = default;

void TextCorpus::list(const fs::path& source) {
  const std::size_t before = files_.size();
  std::error_code error;
  const fs::file_status status = fs::status(source, error);
  if (!fs::exists(status))
    throw IoError(fmt::format("{}: cannot open: {}", source.string(), error.message()));
  if (fs::is_directory(status)) {
    std::vector<fs::path> found = files_in(source, Depth::all_below);
    if (found.empty())
      throw FormatError(fmt::format("{}: has no files, expected files of text", source.string()));
    std::ranges::move(found, std::back_inserter(files_));
  } else {
    files_.push_back(source);
  }
  for (std::size_t i = before; i < files_.size(); ++i) {
    const std::uintmax_t size = fs::file_size(files_[i], error);
    if (!error) total_bytes_ += size;  // a pipe has no size
  }
}

std::optional<std::string> TextCorpus::next() {
  for (;;) {
    if (!file_) {
      if (next_file_ == files_.size()) return std::nullopt;
      file_ = std::make_unique<File>(files_[next_file_++]);
    }
    if (auto document = file_->next()) return document;
    finished_bytes_ += file_->bytes_read();
    file_.reset();
  }
}

std::uint64_t TextCorpus::bytes_read() const {
  return finished_bytes_ + (file_ ? file_->bytes_read() : 0);
}

}  // namespace transkimmer
