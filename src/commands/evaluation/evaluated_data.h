#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/notice.h"
#include "commands/evaluation/evaluate_options.h"
#include "datasets/squad.h"
#include "datasets/tagged_sentences.h"
#include "datasets/tasks.h"
#include "evaluation/evaluate.h"
#include "evaluation/evaluate_questions.h"
#include "evaluation/evaluate_tags.h"
#include "features/encoded_dataset.h"
#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "features/tagged_features.h"
#include "report/evaluation_report.h"
#include "runtime/engine.h"

namespace transkimmer {

// The data that `evaluate` and `sweep` run a model over, as that model reads it.

/// What reports call the data.
struct EvaluatedData {
  std::string task;
  std::string split;
  double tokenization_seconds = 0;
};

/// Texts with labels, encoded.
struct EvaluatedTexts : EvaluatedData {
  Dataset dataset;
  EncodedDataset encoded;
  std::vector<Metric> metrics;       ///< the first one judges
  int positive_class = 1;            ///< of F1, in the model's order of classes
  std::vector<std::size_t> indices;  ///< of the examples in their file, [examples]
};

/// Questions with their contexts, encoded.
struct EvaluatedQuestions : EvaluatedData {
  QaDataset dataset;
  QaFeatures features;
  QaDecodingOptions decoding;
};

/// Sentences whose words have labels, encoded.
struct EvaluatedTags : EvaluatedData {
  TaggedDataset dataset;
  TaggedFeatures features;
  std::vector<std::string> labels;   ///< names of the model's classes, as the data spells them
  std::vector<std::size_t> indices;  ///< of the sentences in their file, [sentences]
};

/// Loads and tokenises the texts that `options` name for the model `options.model`, which is `engine`'s.
/// Throws UsageError when model, task and options do not go together, IoError and FormatError of files.
EvaluatedTexts read_texts(const EvaluateOptions& options, const Engine& engine, const NoticeHandler& notices);
/// The same of questions, cut into windows.
EvaluatedQuestions read_questions(const EvaluateOptions& options, const Engine& engine,
                                  const NoticeHandler& notices);

/// The same of words with tags.
EvaluatedTags read_tags(const EvaluateOptions& options, const Engine& engine, const NoticeHandler& notices);

/// What config.json says of `options.model`, or `options.head` in its place, before weights are read. Throws
/// UsageError when a model of this kind has nothing to say about the data that `options` name, or takes none
/// of the options for some other kind; IoError, FormatError.
ModelConfig evaluated_config(const EvaluateOptions& options);

/// Throws UsageError when the model does something else than the task asks for.
void check_model_kind(const std::filesystem::path& model, HeadKind head, const Task& task);

/// `evaluate` over such texts, which decide the positive class, not `options`. Throws as it does.
Evaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedTexts& texts,
                    EvaluationOptions options);
/// `evaluate_questions` over such questions. Throws as it does.
QuestionEvaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedQuestions& questions,
                            const EvaluationOptions& options);

/// `evaluate_tags` over such sentences. Throws as it does.
TagEvaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedTags& tags,
                       const EvaluationOptions& options);

/// How `engine` runs, and over what.
EvaluationContext context_of(const Engine& engine, const EvaluatedData& data);

/// The clock of a tokenization.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace transkimmer
