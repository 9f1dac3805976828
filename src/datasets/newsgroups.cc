#include <array>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "datasets/documents.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// What stands for a character in ISO 8859-1 as UTF-8: the messages are older than that, and a few have
/// accents.
std::string from_latin1(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xC0 | value >> 6);
      text += static_cast<char>(0x80 | (value & 0x3F));
    }
  }
  return text;
}

std::vector<fs::path> roots_below(const fs::path& directory) {
  return {directory, directory / "20news", directory / "20news-bydate"};
}

Dataset read_tree(const Task& task, const fs::path& folder) {
  Dataset dataset{.examples = {}, .labels = task.labels, .labelled = true, .origin = folder.string()};
  for (std::size_t label = 0; label < task.labels.size(); ++label) {
    const fs::path group = folder / task.labels[label];
    const std::vector<fs::path> messages = files_in(group);
    if (messages.empty())
      throw FormatError(fmt::format("{}: has no files, expected one per message", group.string()));
    for (const fs::path& file : messages)
      dataset.examples.push_back({.text = from_latin1(read_file(file)),
                                  .text_pair = std::nullopt,
                                  .label = static_cast<double>(label)});
  }
  return dataset;
}

}  // namespace

Dataset load_20news(const Task& task, const fs::path& directory, Split split) {
  std::error_code ignored;
  const std::string& lines = task.file_of(split);
  const std::string tree = std::string("20news-bydate-") + (split == Split::train ? "train" : "test");
  for (const fs::path& root : roots_below(directory)) {
    if (fs::is_regular_file(root / lines, ignored))
      return parse_document_lines(task, read_file(root / lines), split, (root / lines).string());
    if (fs::is_directory(root / tree, ignored)) return read_tree(task, root / tree);
  }
  if (!fs::is_directory(directory, ignored))
    throw IoError(fmt::format("{}: no such directory", directory.string()));
  throw IoError(fmt::format("{}: has neither {} nor {}, also not in 20news or 20news-bydate below it",
                            directory.string(), lines, tree));
}

}  // namespace transkimmer
