#include "datasets/tasks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "datasets/catalogue/task_file.h"
#include "datasets/documents.h"
#include "datasets/formats/location.h"
#include "datasets/glue.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::array<Split, 3> kSplits = {Split::train, Split::dev, Split::test};

}  // namespace

std::string_view name_of(Split split) {
  switch (split) {
    case Split::train:
      return "train";
    case Split::dev:
      return "dev";
    case Split::test:
      return "test";
  }
  throw UsageError("split out of range");
}

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::accuracy:
      return "accuracy";
    case Metric::f1:
      return "f1";
    case Metric::f1_micro:
      return "f1_micro";
    case Metric::f1_macro:
      return "f1_macro";
    case Metric::matthews:
      return "matthews_correlation";
    case Metric::pearson:
      return "pearson";
    case Metric::spearman:
      return "spearmanr";
    case Metric::exact:
      return "exact";
    case Metric::mrr_at_10:
      return "mrr@10";
    case Metric::ndcg_at_10:
      return "ndcg@10";
    case Metric::average_precision:
      return "map";
  }
  throw UsageError("metric out of range");
}

std::vector<Metric> usual_metrics(HeadKind head) {
  switch (head) {
    case HeadKind::multi_label:
      return {Metric::f1_micro, Metric::f1_macro, Metric::accuracy};
    case HeadKind::regression:
      return {Metric::pearson, Metric::spearman};
    case HeadKind::embedding:  // vectors are for ranking
      return {Metric::spearman, Metric::pearson};
    case HeadKind::reranking:
      return {Metric::ndcg_at_10, Metric::mrr_at_10, Metric::average_precision};
    case HeadKind::question_answering:
      return {Metric::f1, Metric::exact};
    default:
      return {Metric::accuracy};
  }
}

Split split_from_name(std::string_view name) {
  const auto* const found =
      std::find_if(kSplits.begin(), kSplits.end(), [&](Split split) { return name_of(split) == name; });
  if (found != kSplits.end()) return *found;
  throw UsageError(fmt::format("unknown split {}, expected train, dev or test", in_quotes(name)));
}

std::span<const Task> task_catalogue() {
  static const std::vector<Task> catalogue = parse_tasks(kBuiltInTasks, "tasks.ini");
  return catalogue;
}

Task find_task(std::string_view name, const std::filesystem::path& task_file) {
  std::vector<Task> own;
  if (!task_file.empty()) own = load_task_file(task_file);
  std::string names;
  for (const std::span<const Task> tasks : {std::span<const Task>(own), task_catalogue()}) {
    for (const Task& task : tasks) {
      if (task.name == name) return task;
      names += (names.empty() ? "" : ", ") + task.name;
    }
  }
  throw UsageError(fmt::format("unknown task {}, expected one of {}", in_quotes(name), names));
}

namespace {

Dataset load_task_table(const Task& task, const std::filesystem::path& directory, Split split) {
  return load_table({.path = find_data_file(directory, task.folders, task.file_of(split)),
                     .text_column = task.columns.text,
                     .text_pair_column = task.columns.text_pair,
                     .label_column = task.columns.label,
                     .label_columns = task.columns.labels,
                     .head = task.head,
                     .labels = task.labels,
                     .labels_required = split != Split::test});
}

}  // namespace

Dataset load_task(const Task& task, const std::filesystem::path& directory, Split split) {
  if (!task.has(split))
    throw UsageError(fmt::format("task {} has no split {}", in_quotes(task.name), in_quotes(name_of(split))));
  switch (task.layout) {
    case DataLayout::table:
      return load_task_table(task, directory, split);
    case DataLayout::glue:
      return load_glue(task, directory, split);
    case DataLayout::imdb:
      return load_imdb(task, directory, split);
    case DataLayout::newsgroups:
      return load_20news(task, directory, split);
    case DataLayout::yelp:
      return load_yelp(task, directory, split);
    case DataLayout::squad:
      throw UsageError(
          fmt::format("{} is a question answering task, not one of texts with labels", task.name));
  }
  throw UsageError("layout out of range");
}

}  // namespace transkimmer
