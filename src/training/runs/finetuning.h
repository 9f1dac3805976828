#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/notice.h"
#include "datasets/tasks.h"
#include "training/loop/trainer.h"
#include "training/runs/run_setup.h"

namespace transkimmer {

/// How files of words with tags are read; see TagSource.
struct TagColumns {
  std::size_t column = 0;                ///< of the tag, counted from 1; 0: the last
  std::vector<std::string> label_names;  ///< in index order; empty: the model's own, or those in the files
};

/// Where the examples come from: a catalogue task with its directory, or the user's own tables.
struct DataOptions {
  std::string task;
  std::filesystem::path data_dir;
  std::filesystem::path train_file;
  /// Texts without labels, which a teacher answers: one a line, or tables.
  std::vector<std::filesystem::path> unlabelled;
  std::filesystem::path validation_file;  ///< may be empty: then nothing is evaluated
  std::string text_column = "text";
  std::string text_pair_column;
  std::string label_column = "label";
  std::vector<std::string> label_columns = {};  ///< of multi-label tables: one for each label
  bool multi_label = false;                     ///< each row of the tables has a set of labels
  bool reranking = false;             ///< the files hold queries with documents (datasets/reranking.h)
  bool regression = false;            ///< labels of the tables are numbers to predict
  bool token_classification = false;  ///< the files hold words with tags (is_token_classification, too)
  TagColumns tags;
  std::size_t max_train_samples = 0;  ///< 0: all; else a random choice fixed by the seed
  std::size_t max_eval_samples = 0;
};

/// How contexts are cut into windows; see QaWindowOptions.
struct QuestionOptions {
  std::optional<std::size_t> doc_stride;
  std::size_t max_question_length = 0;
};

/// What `finetune` is told.
struct FinetuningOptions : RunOptions {
  DataOptions data;
  /// Directory of a model that solves the task. Unset: `model`, where it does and does not skim; empty: none.
  std::optional<std::filesystem::path> teacher;
  /// Tokens; 0: 512 (384 of a question's window), or what position table and tokenizer allow.
  std::size_t max_length = 0;
  QuestionOptions questions;
};

/// What is about to be trained, told once before the first step.
struct FinetuningPlan : RunPlan {
  std::string task;
  std::size_t train_examples = 0, train_tokens = 0;
  std::size_t train_windows = 0;  ///< of questions; 0 for other tasks
  std::size_t dev_examples = 0;
};

/// What `finetune` tells while it runs.
struct FinetuningEvents {
  TrainingEvents training;
  NoticeHandler notices;
  std::function<void(const FinetuningPlan&)> on_start;
};

/// What `finetune` ended with.
struct FinetuningResult {
  TrainingResult training;
  FinetuningPlan plan;
  std::string chief_metric;  ///< empty without a validation set
};

/// The whole of `finetune`: reads model and data, trains, and leaves a Hugging Face directory in output_dir.
/// Question answering (squad_v2) reads SQuAD's JSON: from data_dir, or train_file and validation_file. Throws
/// UsageError, IoError, FormatError.
FinetuningResult finetune(const FinetuningOptions& options, const FinetuningEvents& events);

}  // namespace transkimmer
