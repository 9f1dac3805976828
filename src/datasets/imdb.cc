#include <array>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "datasets/documents.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// Folders at or below the one given in which people keep the data.
std::vector<fs::path> roots_below(const fs::path& directory) {
  return {directory, directory / "aclImdb", directory / "imdb", directory / "imdb" / "aclImdb"};
}

/// The tree's text files of one class.
std::vector<fs::path> reviews_in(const fs::path& folder) {
  std::vector<fs::path> files = files_in(folder);
  std::erase_if(files, [](const fs::path& file) { return lower_case_extension(file) != ".txt"; });
  if (files.empty())
    throw FormatError(fmt::format("{}: has no .txt files, expected one per review", folder.string()));
  return files;
}

Dataset read_tree(const Task& task, const fs::path& folder) {
  Dataset dataset{.examples = {}, .labels = task.labels, .labelled = true, .origin = folder.string()};
  for (std::size_t label = 0; label < task.labels.size(); ++label) {
    for (const auto& file : reviews_in(folder / task.labels[label])) {
      dataset.examples.push_back(
          {.text = read_file(file), .text_pair = std::nullopt, .label = static_cast<double>(label)});
    }
  }
  return dataset;
}

/// Says what is missing, and how to unpack the archive when it is all there is.
[[noreturn]] void throw_not_found(const fs::path& directory, std::string_view split) {
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    throw IoError(fmt::format("{}: no such directory", directory.string()));
  }
  for (const auto& root : roots_below(directory)) {
    for (const char* archive : {"aclImdb.tar.xz", "aclImdb_v1.tar.gz"}) {
      if (fs::exists(root / archive, ignored)) {
        throw IoError(fmt::format("{0}: is still packed; unpack it with: tar -C {1} -xf {0}",
                                  (root / archive).string(), root.string()));
      }
    }
  }
  throw IoError(
      fmt::format("{}: has neither {}.jsonl nor {}/pos and {}/neg, also not in aclImdb or imdb below it",
                  directory.string(), split, split, split));
}

}  // namespace

Dataset load_imdb(const Task& task, const fs::path& directory, Split split) {
  if (split == Split::dev) split = Split::test;
  const std::string name(name_of(split));
  std::error_code ignored;
  for (const auto& root : roots_below(directory)) {
    const auto lines = root / (name + ".jsonl");
    if (fs::is_regular_file(lines, ignored)) {
      return parse_document_lines(task, read_file(lines), split, lines.string());
    }
    if (fs::is_directory(root / name / "pos", ignored)) return read_tree(task, root / name);
  }
  throw_not_found(directory, name);
}

}  // namespace transkimmer
