#include "training/runs/tag_finetuning.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "datasets/plain_texts.h"
#include "datasets/sample.h"
#include "datasets/tagged_sentences.h"
#include "features/tagged_features.h"
#include "model_files/config/change_head.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/objectives/tagging_objective.h"
#include "training/runs/budget_setup.h"
#include "training/runs/finetuning_inputs.h"
#include "training/runs/input_limits.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Texts to learn from: words with labels, or plain ones that a teacher answers.
struct TagTexts {
  std::vector<std::string> labels;
  TaggedDataset train;
  Dataset unlabelled;
  std::optional<TaggedDataset> dev;
  bool taught = false;  ///< `unlabelled` is what is learnt from
};

/// The names that the directory's model has for labels of tokens; none of other models, and of one that never
/// named them.
std::vector<std::string> own_labels(const std::filesystem::path& directory) {
  const ModelConfig config = ModelConfig::load(directory);
  const bool named = !config.labels.empty() && config.labels.front() != "LABEL_0";
  return config.head == HeadKind::token_classification && named ? config.labels : std::vector<std::string>();
}

TagSource source_of(const DataOptions& options, const std::filesystem::path& file) {
  const DataOptions usual;
  TagSource source{.path = file, .tag_column = options.tags.column};
  if (options.text_column != usual.text_column) source.tokens_key = options.text_column;
  if (options.label_column != usual.label_column) source.tags_key = options.label_column;
  source.labels = options.tags.label_names;
  return source;
}

/// The labels that a run learns: those said, else a teacher's or the model's own where they are enough, so
/// that its head is taken over, else those of the file.
void choose_labels(const FinetuningOptions& options, const std::vector<std::string>& own, TagTexts& texts) {
  texts.labels = texts.train.labels;
  if (!options.data.tags.label_names.empty() || own.empty()) return;
  if (!holds_all(own, texts.train.labels)) return;
  texts.labels = own;
  use_labels(texts.train, own);
}

/// Whose labels count first.
std::filesystem::path teacher_or_model(const FinetuningOptions& options) {
  return options.teacher && !options.teacher->empty() ? *options.teacher : options.model;
}

void read_train(const FinetuningOptions& options, TagTexts& texts) {
  const DataOptions& data = options.data;
  const std::vector<std::string> own = own_labels(teacher_or_model(options));
  if (!data.unlabelled.empty()) {
    TableSource columns;
    columns.text_column = data.text_column;
    columns.text_pair_column = data.text_pair_column;
    texts.unlabelled = load_unlabelled(data.unlabelled, columns);
    texts.taught = true;
    texts.labels = ModelConfig::load(*options.teacher).labels;
    return;
  }
  TagSource source = source_of(data, data.train_file);
  source.number_names = own;
  texts.train = load_tagged(source);
  choose_labels(options, own, texts);
  if (texts.labels.size() < 2)
    throw UsageError(texts.train.origin + ": all words have the same tag, there is nothing to learn");
}

TagTexts load_texts(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  TagTexts texts;
  read_train(options, texts);
  if (!data.validation_file.empty()) {
    TagSource source = source_of(data, data.validation_file);
    source.labels = texts.labels;
    texts.dev = load_tagged(source);
  }
  const std::uint64_t seed = options.training.seed;
  keep_sample(texts.train.examples, data.max_train_samples, seed);
  keep_sample(texts.unlabelled.examples, data.max_train_samples, seed);
  if (texts.dev) keep_sample(texts.dev->examples, data.max_eval_samples, seed);
  return texts;
}

ModelConfig tag_config(const FinetuningOptions& options, const TagTexts& texts,
                       const NoticeHandler& notices) {
  ModelConfig config = with_head(kept_layers_config(options), HeadKind::token_classification);
  config.labels = texts.labels;
  configure_skimming(options.skimming, config, notices);
  return config;
}

/// A teacher's answers are read by their place.
void check_teacher_labels(const FinetuningOptions& options, const std::vector<std::string>& labels) {
  if (!options.teacher || options.teacher->empty()) return;
  const std::vector<std::string> own = own_labels(*options.teacher);
  if (!own.empty() && own != labels)
    throw UsageError(fmt::format("--teacher: {}: its labels are {}, expected {}", options.teacher->string(),
                                 names_in_quotes(own), names_in_quotes(labels)));
}

/// Turns texts into what the model reads.
class TagEncoder {
 public:
  TagEncoder(const FinetuningOptions& options, const ModelConfig& config, unsigned threads,
             const NoticeHandler& notices)
      : config_(config),
        tokenizer_(
            load_tokenizer(options.model, config,
                           {.notices = notices, .split_special_tokens = options.split_special_tokens})),
        max_length_(usual_max_length(options.max_length, config, *tokenizer_)),
        threads_(threads),
        notices_(notices) {}

  EncodedDataset operator()(const TaggedDataset& dataset) const {
    TaggedFeatures features = encode_tagged(dataset, *tokenizer_, max_length_, threads_);
    require_within_limits(features.tokens, config_, dataset.origin);
    tell_about_lost_words(features, dataset, max_length_, notices_);
    return std::move(features.tokens);
  }
  EncodedDataset operator()(const Dataset& dataset) const {
    EncodedDataset encoded = encode_dataset(dataset, *tokenizer_, max_length_, threads_);
    require_within_limits(encoded, config_, dataset.origin);
    tell_about_cut_texts(encoded, dataset, max_length_, notices_);
    return encoded;
  }

 private:
  const ModelConfig& config_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::size_t max_length_;
  unsigned threads_;
  const NoticeHandler& notices_;
};

/// What is learnt from, and what the threshold is set by, as token ids.
struct EncodedTexts {
  EncodedDataset train, held_back;
};

EncodedTexts encode_train(TagTexts& texts, const FinetuningOptions& options, const TagEncoder& encode) {
  const auto split = [&](auto& dataset) {
    auto examples = std::exchange(dataset.examples, {});
    auto for_threshold = dataset;
    for_threshold.examples =
        take_sample(examples, held_back_count(options, examples.size()), options.training.seed);
    dataset.examples = std::move(examples);
    return EncodedTexts{encode(dataset), encode(for_threshold)};
  };
  return texts.taught ? split(texts.unlabelled) : split(texts.train);
}

FinetuningPlan plan_of(const FinetuningOptions& options, const TrainingModel& model,
                       const TaggingData& data) {
  const DataOptions& files = options.data;
  const auto& file = files.unlabelled.empty() ? files.train_file : files.unlabelled.front();
  return {{.config = model.config(), .parameters = model.parameters().count()},
          file.filename().string(),
          data.train->size(),
          data.train->ids.size(),
          0,
          data.dev != nullptr ? data.dev->size() : 0};
}

}  // namespace

bool is_token_classification(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (const auto head = teaching_head(options)) return *head == HeadKind::token_classification;
  return data.token_classification || (data.task.empty() && is_tagged_file(data.train_file));
}

void check_tag_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (data.unlabelled.empty() && data.train_file.empty())
    throw UsageError("--token-classification needs --train-file: words with tags");
  if (!data.task.empty() || !data.data_dir.empty() || data.regression || !data.text_pair_column.empty())
    throw UsageError(
        "--task, --data-dir, --regression and --text-pair-column do not go with words that have tags");
  if (options.skimming.protection == SkimProtection::question || options.questions.doc_stride ||
      options.questions.max_question_length > 0)
    throw UsageError(
        "--doc-stride, --max-question-length and --protect question are for questions: --task squad_v2");
}

FinetuningResult finetune_tags(const FinetuningOptions& options, const FinetuningEvents& events) {
  const int threads = start_threads(options.threads);
  TagTexts texts = load_texts(options);
  check_teacher_labels(options, texts.labels);
  const ModelConfig config = tag_config(options, texts, events.notices);
  const TagEncoder encode(options, config, static_cast<unsigned>(threads), events.notices);
  const EncodedTexts encoded = encode_train(texts, options, encode);
  require_reachable(config, encoded.train);
  const EncodedDataset dev = texts.dev ? encode(*texts.dev) : EncodedDataset{};
  const TaggingData data{.train = &encoded.train,
                         .held_back = encoded.held_back.size() > 0 ? &encoded.held_back : nullptr,
                         .dev = texts.dev ? &dev : nullptr};
  TrainingModel model = initial_model(options, config, events.notices);
  TrainingOptions training = options.training;
  training.tokenizer_source = options.model;
  Trainer trainer(model, std::make_unique<TaggingObjective>(data, config, training), training,
                  events.training, teacher_of(options, config, events.notices));
  return run_finetuning(trainer, options, plan_of(options, model, data), events);
}

}  // namespace transkimmer
