#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"
#include "hub/names/data_source.h"
#include "model/head_kind.h"

namespace transkimmer {

enum class Split { train, dev, test };
/// `exact` and, for question answering, `f1` are SQuAD's (metrics/squad_scores.h), in percent. Of sets of
/// labels (metrics/label_set_scores.h) `accuracy` counts those that are the same in all.
enum class Metric {
  accuracy,
  f1,
  f1_micro,
  f1_macro,
  matthews,
  pearson,
  spearman,
  exact,
  mrr_at_10,
  ndcg_at_10,
  average_precision
};

/// "train", "dev" or "test". Throws UsageError for a value that is none of them, as the next does.
std::string_view name_of(Split split);
/// As score names have it: "accuracy", "f1", "f1_micro", "f1_macro", "matthews_correlation", "pearson",
/// "spearmanr", "exact", "mrr@10", "ndcg@10", "map".
std::string_view name_of(Metric metric);
/// Throws UsageError that lists the names.
Split split_from_name(std::string_view name);

/// What a model with such a head is scored by on one's own data; the first one judges.
std::vector<Metric> usual_metrics(HeadKind head);

/// How the files of a task are laid out, and so who reads them.
enum class DataLayout {
  table,       ///< as a user's own files: CSV, TSV or JSON lines with a header, by extension
  glue,        ///< GLUE's TSV (datasets/glue.h)
  yelp,        ///< CSV of label and text without a header
  imdb,        ///< JSON lines, or the aclImdb tree
  newsgroups,  ///< JSON lines, or the 20news-bydate tree
  squad,       ///< SQuAD's JSON (datasets/squad.h)
};

/// What the columns of a task's files are called; of the layouts `table` and `glue`.
struct TaskColumns {
  std::string text = "text";
  std::string text_pair = {};  ///< empty: single texts
  std::string label = "label";
  std::vector<std::string> labels = {};  ///< of multi-label tables, in place of `label`: one for each label
};

/// One entry of the task catalogue.
struct Task {
  std::string name;  ///< cola mnli mrpc qnli qqp rte sst2 stsb wnli imdb squad squad_v2 20news yelp ...
  HeadKind head = HeadKind::classification;  ///< of the models that solve it
  bool pair = false;
  std::vector<std::string> labels;  ///< in index order; empty but for classes and sets of labels
  std::vector<Metric> metrics;      ///< the first one chooses the best checkpoint
  std::string description;          ///< one line for --help and error messages
  DataLayout layout = DataLayout::table;
  TaskColumns columns = {};
  std::vector<std::string> folders = {};  ///< below that of the data, in which the files may lie, too
  std::array<std::string, 3> files = {};  ///< of train, dev and test; empty: there is no such split
  DataSource source = {};                 ///< where its authors publish it

  const std::string& file_of(Split split) const { return files[static_cast<std::size_t>(split)]; }
  bool has(Split split) const { return !file_of(split).empty(); }
};

/// All tasks that come with the program (catalogue/tasks.ini), in the order in which --help and error
/// messages list them.
std::span<const Task> task_catalogue();
/// The task of this name, of the catalogue or of a user's file (catalogue/task_file.h) where one is given.
/// Throws UsageError that lists the names; IoError and FormatError of the file.
Task find_task(std::string_view name, const std::filesystem::path& task_file = {});

/// Reads one split of a catalogue task from its official layout. `directory` is the folder that holds the
/// files (train.tsv, ...) or its parent (glue/ with SST-2/ inside). Columns are found by header name where
/// there is a header; quotes in GLUE files are ordinary characters; a byte-order mark is skipped. imdb has no
/// dev split of its own: `dev` reads `test`, as the published scripts do; so it does where 20 Newsgroups and
/// Yelp are as their authors publish them. Throws IoError or FormatError naming file and line; UsageError for
/// a split that the task does not have, and for questions, which load_squad reads (datasets/squad.h).
Dataset load_task(const Task& task, const std::filesystem::path& directory, Split split);

/// A user's own CSV, TSV or JSON-lines file, by extension (.csv .tsv .jsonl .json).
struct TableSource {
  std::filesystem::path path;
  std::string text_column = "text";
  std::string text_pair_column;  ///< empty: single texts
  std::string label_column = "label";
  /// Of a multi-label task in place of `label_column`: a column for each label, of its name, with 1 where it
  /// holds and 0 where not.
  std::vector<std::string> label_columns = {};
  HeadKind head = HeadKind::classification;  ///< of the models that learn from it
  /// Label names in index order; empty: collected from the file (integers in numeric order, else
  /// alphabetical).
  std::vector<std::string> labels;
  bool labels_required = true;
};

/// CSV quoting per RFC 4180 (quoted newlines, doubled quotes); TSV: quotes are ordinary characters.
/// Throws IoError, FormatError naming file and line (a missing column lists the columns found, a label
/// outside `labels` lists them), UsageError for an unknown extension.
Dataset load_table(const TableSource& source);

}  // namespace transkimmer
