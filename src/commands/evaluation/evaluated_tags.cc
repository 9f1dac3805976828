// The part of evaluated_data.h that reads words with tags.
#include <numeric>
#include <utility>

#include "commands/evaluation/evaluated_data.h"
#include "datasets/sample.h"
#include "evaluation/align_labels.h"
#include "model_files/tokenizers/tokenizer_files.h"

namespace transkimmer {
namespace {

TaggedDataset load_all(const EvaluateOptions& options, const ModelConfig& config) {
  const TableSource usual;
  TagSource source{.path = options.table.path, .tag_column = options.tags.column};
  if (options.table.text_column != usual.text_column) source.tokens_key = options.table.text_column;
  if (options.label_column_named) source.tags_key = options.table.label_column;
  source.number_names = options.tags.label_names.empty() ? config.labels : options.tags.label_names;
  source.labels_required = options.label_column_named || options.tags.column > 0;
  TaggedDataset dataset = load_tagged(source);
  align_labels(dataset, config);
  return dataset;
}

}  // namespace

EvaluatedTags read_tags(const EvaluateOptions& options, const Engine& engine, const NoticeHandler& notices) {
  EvaluatedTags tags;
  tags.task = "token classification";
  tags.split = options.table.path.filename().string();
  tags.dataset = load_all(options, engine.config());
  tags.labels = tags.dataset.labelled ? tags.dataset.labels : engine.config().labels;
  tags.indices.resize(tags.dataset.examples.size());
  std::iota(tags.indices.begin(), tags.indices.end(), std::size_t{0});
  keep_sample(tags.indices, options.max_eval_samples, options.seed);
  keep_sample(tags.dataset.examples, options.max_eval_samples, options.seed);
  if (!tags.dataset.labelled && options.json)  // the table says so itself
    notify(notices, tags.dataset.origin + ": has no labels, so there is nothing to score");
  const auto tokenizer =
      load_tokenizer(options.model, engine.config(),
                     {.notices = notices, .split_special_tokens = options.engine.split_special_tokens});
  const Stopwatch watch;
  const std::size_t longest = longest_input(engine.config(), *tokenizer, options.max_length);
  tags.features = encode_tagged(tags.dataset, *tokenizer, longest, static_cast<unsigned>(engine.threads()));
  tags.tokenization_seconds = watch.seconds();
  require_tokens(tags.features.tokens, tags.dataset.origin);
  tell_about_lost_words(tags.features, tags.dataset, longest, notices);
  return tags;
}

}  // namespace transkimmer
