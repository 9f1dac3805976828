#include "datasets/glue.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/delimited.h"
#include "datasets/formats/location.h"
#include "datasets/labels.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct GlueLayout {
  const char* task;
  const char* folder;
  const char* text;
  const char* text_pair;  ///< "" for single texts
  const char* label;
};

constexpr std::array<GlueLayout, 9> kLayouts = {{
    {"cola", "CoLA", "sentence", "", "label"},
    {"mnli", "MNLI", "sentence1", "sentence2", "gold_label"},
    {"mrpc", "MRPC", "#1 String", "#2 String", "Quality"},
    {"qnli", "QNLI", "question", "sentence", "label"},
    {"qqp", "QQP", "question1", "question2", "is_duplicate"},
    {"rte", "RTE", "sentence1", "sentence2", "label"},
    {"sst2", "SST-2", "sentence", "", "label"},
    {"stsb", "STS-B", "sentence1", "sentence2", "score"},
    {"wnli", "WNLI", "sentence1", "sentence2", "label"},
}};
constexpr double kHighestSimilarity = 5.0;

const GlueLayout* layout_of(const Task& task) {
  const auto* const found = std::find_if(kLayouts.begin(), kLayouts.end(),
                                         [&](const GlueLayout& l) { return task.name == l.task; });
  return found == kLayouts.end() ? nullptr : found;
}

/// CoLA's labelled files have no header; the names of their columns are ours.
Columns columns_of(const Task& task, Split split, RecordReader& reader) {
  if (task.name == "cola" && split != Split::test) {
    return Columns({"source", "label", "mark", "sentence"}, reader.origin(), 0);
  }
  std::vector<std::string> header;
  if (!reader.next(header))
    throw FormatError(fmt::format("{}: is empty, expected a header line", reader.origin()));
  return Columns(std::move(header), reader.origin(), reader.line());
}

double similarity(const std::string& field, const std::string& where) {
  const auto score = parse_real(field);
  if (score && *score >= 0.0 && *score <= kHighestSimilarity) return *score;
  throw FormatError(fmt::format("{}score {} is not a number from 0 to 5", where, in_quotes(field)));
}

}  // namespace

bool is_glue_task(const Task& task) {
  return layout_of(task) != nullptr;
}

std::filesystem::path find_glue_file(const Task& task, const std::filesystem::path& directory, Split split) {
  const std::string folder = layout_of(task)->folder;
  const bool matched = task.name == "mnli" && split != Split::train;
  const std::array<std::string, 2> folders = {folder, "glue/" + folder};
  return find_data_file(directory, folders,
                        fmt::format("{}{}.tsv", name_of(split), matched ? "_matched" : ""));
}

Dataset parse_glue(const Task& task, std::string_view text, Split split, const std::string& origin) {
  const GlueLayout& layout = *layout_of(task);
  const bool tolerant = task.name == "qqp";
  RecordReader reader(text, kTsv, origin);
  const Columns columns = columns_of(task, split, reader);
  const std::size_t text_column = columns.require(layout.text);
  std::optional<std::size_t> pair_column;
  if (task.pair) pair_column = columns.require(layout.text_pair);
  const auto label_column =
      split == Split::test ? columns.find(layout.label) : std::optional(columns.require(layout.label));

  Dataset dataset{
      .examples = {}, .labels = task.labels, .labelled = label_column.has_value(), .origin = origin};
  SpelledLabels spelled;
  for (std::vector<std::string> fields; reader.next(fields);) {
    if (tolerant && fields.size() < columns.size()) {
      dataset.skipped_rows.push_back(dataset.examples.size() + dataset.skipped_rows.size());
      continue;
    }
    columns.check_count(fields.size(), reader.line());
    Example& example = dataset.examples.emplace_back();
    if (label_column) spelled.add(std::move(fields[*label_column]), reader.line());
    if (pair_column) example.text_pair = std::move(fields[*pair_column]);
    example.text = std::move(fields[text_column]);
  }
  if (dataset.examples.empty()) throw FormatError(fmt::format("{}: has no rows", origin));
  if (!label_column) return dataset;
  if (task.head == HeadKind::regression) {
    give_scores(spelled, similarity, dataset);
  } else {
    give_classes(spelled, LabelSet(task.labels), dataset);
  }
  return dataset;
}

}  // namespace transkimmer
