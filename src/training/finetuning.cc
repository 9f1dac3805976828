#include "training/finetuning.h"

#include <algorithm>

#include "model_files/tokenizer_files.h"
#include "training/finetuning_inputs.h"
#include "training/question_finetuning.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::size_t usual_max_length = 512;

std::size_t maximum_length(std::size_t asked, const ModelConfig& config, const Tokenizer& tokenizer) {
  const auto allowed = static_cast<std::size_t>(config.max_tokens());
  if (asked > allowed) {
    throw UsageError("--max-length: this model takes at most " + std::to_string(allowed) + " tokens, not " +
                     std::to_string(asked));
  }
  return asked > 0 ? asked : std::min(usual_max_length, longest_input(config, tokenizer));
}

/// Options of tables, which neither a task nor a file of questions has.
bool has_table_options(const DataOptions& options) {
  const DataOptions usual;
  return options.regression || !options.text_pair_column.empty() ||
         options.text_column != usual.text_column || options.label_column != usual.label_column;
}

/// Of texts to classify: a task, or one's own files.
void check_text_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (data.task.empty() == data.train_file.empty())
    throw UsageError("say what to learn from: either --task with --data-dir, or --train-file");
  if (!data.task.empty() && (has_table_options(data) || !data.validation_file.empty()))
    throw UsageError(
        "--validation-file, --text-column, --text-pair-column, --label-column and --regression go "
        "with --train-file, not with --task");
  if (!data.train_file.empty() && !data.data_dir.empty())
    throw UsageError("--data-dir goes with --task, not with --train-file");
  if (options.questions.doc_stride || options.questions.max_question_length > 0 ||
      options.skimming.protection == SkimProtection::question)
    throw UsageError(
        "--doc-stride, --max-question-length and --protect question are for questions: --task "
        "squad_v2");
}

/// Throws UsageError for options that do not go together.
void check_options(const FinetuningOptions& options) {
  if (!is_question_answering(options.data)) return check_text_options(options);
  if (has_table_options(options.data))
    throw UsageError(
        "--text-column, --text-pair-column, --label-column and --regression are for tables, not for "
        "questions");
}

FinetuningPlan plan_of(const FinetuningTexts& texts, const TrainingModel& model,
                       const EncodedDataset& train) {
  return {{.config = model.config(), .parameters = model.parameters().count()},
          texts.task.name,
          train.size(),
          train.ids.size(),
          0,
          texts.dev ? texts.dev->examples.size() : 0};
}

}  // namespace

FinetuningResult finetune(const FinetuningOptions& options, const FinetuningEvents& events) {
  check_options(options);
  check_run_options(options);
  if (is_question_answering(options.data)) return finetune_questions(options, events);
  const int threads = start_threads(options.threads);
  const FinetuningTexts texts = load_texts(options.data, options.training.seed, events.notices);
  const ModelConfig config = finetuning_config(options, texts, events.notices);
  const auto tokenizer =
      load_tokenizer(options.model, config,
                     {.notices = events.notices, .split_special_tokens = options.split_special_tokens});
  const std::size_t max_length = maximum_length(options.max_length, config, *tokenizer);
  const auto encode = [&](const Dataset& dataset) {
    return encode_dataset(dataset, *tokenizer, max_length, static_cast<unsigned>(threads));
  };
  const EncodedDataset train = encode(texts.train);
  const EncodedDataset dev = texts.dev ? encode(*texts.dev) : EncodedDataset{};
  TrainingModel model = initial_model(options, config, events.notices);
  TrainingOptions training = options.training;
  training.tokenizer_source = options.model;
  Trainer trainer(model, {&train, texts.dev ? &dev : nullptr, texts.task.metrics}, training, events.training);
  FinetuningResult result{
      .training = {}, .plan = plan_of(texts, model, train), .chief_metric = trainer.chief_metric()};
  result.training = run_training(trainer, options, result.plan, [&] {
    if (events.on_start) events.on_start(result.plan);
  });
  return result;
}

}  // namespace transkimmer
