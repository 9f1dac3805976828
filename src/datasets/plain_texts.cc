#include "datasets/plain_texts.h"

#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "base/files/folder.h"
#include "datasets/formats/line_reader.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// No sequence that a model takes is longer; what a longer line holds beyond comes as a text of its own.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// A name that no column has: whatever stands in one of labels is not looked at.
constexpr const char* kNoColumn = "\x1f";

bool is_table(const std::filesystem::path& file) {
  static const std::set<std::string> extensions = {".csv", ".tsv", ".jsonl", ".json"};
  return extensions.contains(lower_case_extension(file));
}

std::vector<Example> lines_of(const std::filesystem::path& file) {
  std::vector<Example> examples;
  for (LineReader reader(InputReader(file), kMostBytes); reader.next();) {
    if (!is_blank(reader.text()))
      examples.push_back({.text = std::string(reader.text()), .text_pair = std::nullopt});
  }
  return examples;
}

std::vector<Example> rows_of(const std::filesystem::path& file, TableSource source) {
  source.path = file;
  source.label_column = kNoColumn;
  source.label_columns.clear();
  source.labels_required = false;
  return load_table(source).examples;
}

}  // namespace

Dataset load_unlabelled(const std::vector<std::filesystem::path>& files, const TableSource& columns) {
  Dataset dataset = {.examples = {}, .labels = {}, .labelled = false, .origin = {}};
  for (const std::filesystem::path& file : files) {
    std::vector<Example> examples = is_table(file) ? rows_of(file, columns) : lines_of(file);
    if (examples.empty()) throw FormatError(file.string() + ": has no texts");
    dataset.origin += (dataset.origin.empty() ? "" : ", ") + file.string();
    std::move(examples.begin(), examples.end(), std::back_inserter(dataset.examples));
  }
  return dataset;
}

}  // namespace transkimmer
