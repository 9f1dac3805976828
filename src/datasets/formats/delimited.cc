#include "datasets/formats/delimited.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "datasets/formats/line_reader.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {

RecordReader::RecordReader(std::string_view text, DelimitedFormat format, std::string origin)
    : text_(readable_text(text, origin)),
      format_(format),
      origin_(std::move(origin)),
      line_end_(line_end_of(text_)),
      field_ends_({format.delimiter, line_end_}) {
  if (format.quoting) field_ends_ += "\n\r";
}

bool RecordReader::next(std::vector<std::string>& fields) {
  while (at_line_end()) step_over_line_end();
  fields.clear();
  if (position_ == text_.size()) return false;
  record_line_ = line_;
  do {
    std::string& field = fields.emplace_back();
    if (format_.quoting && position_ < text_.size() && text_[position_] == '"') {
      read_quoted(field, fields.size());
    } else {
      read_plain(field);
    }
  } while (step_over_end());
  return true;
}

bool RecordReader::at_line_end() const {
  if (position_ == text_.size() || text_[position_] == format_.delimiter) return false;
  return field_ends_.find(text_[position_]) != field_ends_.npos || text_.substr(position_, 2) == "\r\n" ||
         text_.substr(position_) == "\r";
}

void RecordReader::step_over_line_end() {
  position_ += text_.substr(position_, 2) == "\r\n" ? 2 : 1;
  ++line_;
}

void RecordReader::read_plain(std::string& field) {
  std::size_t end = std::min(text_.find_first_of(field_ends_, position_), text_.size());
  const bool ends_line = end == text_.size() || text_[end] == '\n';
  if (ends_line && end > position_ && text_[end - 1] == '\r') --end;  // of CR LF, or the last of the text
  field = text_.substr(position_, end - position_);
  position_ = end;
}

void RecordReader::read_quoted(std::string& field, std::size_t column) {
  const std::size_t opening_line = line_;
  ++position_;
  for (;;) {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos) {
      throw FormatError(fmt::format("{}the quote that opens column {} is never closed",
                                    at_line(origin_, opening_line), column));
    }
    const auto part = text_.substr(position_, quote - position_);
    line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), line_end_));
    field += part;
    position_ = quote + 1;
    if (position_ == text_.size() || text_[position_] != '"') break;
    field += '"';
    ++position_;
  }
  if (position_ < text_.size() && text_[position_] != format_.delimiter && !at_line_end()) {
    throw FormatError(
        fmt::format("{}text follows the closing quote of column {}, expected a delimiter or the line's end",
                    at_line(origin_, line_), column));
  }
}

bool RecordReader::step_over_end() {
  if (position_ == text_.size()) return false;
  if (at_line_end()) {
    step_over_line_end();
    return false;
  }
  ++position_;
  return true;
}

Columns::Columns(std::vector<std::string> names, std::string origin, std::size_t line)
    : names_(std::move(names)), origin_(std::move(origin)), line_(line) {}

std::optional<std::size_t> Columns::find(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  if (std::find(found + 1, names_.end(), name) != names_.end()) {
    throw FormatError(
        fmt::format("{}the header names column {} twice", at_line(origin_, line_), in_quotes(name)));
  }
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t Columns::require(const std::string& name) const {
  if (const auto index = find(name)) return *index;
  throw FormatError(fmt::format("{}no column {}; columns found: {}", at_line(origin_, line_), in_quotes(name),
                                list_in_quotes(names_)));
}

void Columns::check_count(std::size_t fields, std::size_t line) const {
  if (fields == names_.size()) return;
  throw FormatError(fmt::format("{}found {} column{}, expected {}: {}", at_line(origin_, line), fields,
                                fields == 1 ? "" : "s", names_.size(), list_in_quotes(names_)));
}

}  // namespace transkimmer
