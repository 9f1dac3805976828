#include "training/runs/pretraining.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/files/file.h"
#include "features/corpora/tokenized_corpus.h"
#include "model_files/config/change_head.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/loop/checkpoint.h"
#include "training/objectives/masked_lm_objective.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What fine-tuning asks for at most.
constexpr std::size_t kUsualLongLength = 512;

ModelConfig pretraining_config(const PretrainingOptions& options, const NoticeHandler& notices) {
  ModelConfig config = with_head(ModelConfig::load(options.model), HeadKind::masked_lm);
  config.labels.clear();
  configure_skimming(options.skimming, config, notices);
  return config;
}

BlockShape checked_blocks(BlockShape blocks, const ModelConfig& config) {
  const auto allowed = static_cast<std::size_t>(config.max_tokens());
  const auto check = [&](const char* name, std::size_t length) {
    if (length > allowed) {
      throw UsageError(std::string(name) + ": this model takes at most " + std::to_string(allowed) +
                       " tokens, not " + std::to_string(length));
    }
  };
  check("--max-length", blocks.max_length);
  check("--long-max-length", blocks.long_length);
  if (blocks.long_length == 0)
    blocks.long_length = std::max(blocks.max_length, std::min(kUsualLongLength, allowed));
  return blocks;
}

TokenFile token_file(const PretrainingOptions& options, const Tokenizer& tokenizer, int threads,
                     const PretrainingEvents& events) {
  if (options.data.empty() && options.token_file.empty())
    throw UsageError("say what to learn from: --data with text, or a --token-file made before");
  const std::filesystem::path path =
      options.token_file.empty() ? options.training.output_dir / kUsualTokenFile : options.token_file;
  return open_token_file(path, options.data, tokenizer,
                         {.threads = static_cast<unsigned>(threads),
                          .on_progress = events.on_tokenization,
                          .should_stop = events.training.should_stop});
}

TrainingOptions training_options(const PretrainingOptions& options) {
  TrainingOptions training = options.training;
  training.tokenizer_source = options.model;
  if (options.max_tokens > 0 && training.max_steps > 0)
    throw UsageError("say either --max-tokens or --max-steps, not both");
  if (options.max_tokens > 0) {
    const auto per_step = static_cast<std::int64_t>(training.train_batch_size * options.blocks.max_length *
                                                    training.gradient_accumulation_steps);
    training.max_steps = (options.max_tokens - 1) / std::max<std::int64_t>(1, per_step) + 1;
  }
  return training;
}

void note_unused_vocabulary(const ModelConfig& config, const Tokenizer& tokenizer,
                            const NoticeHandler& notices) {
  const auto entries = static_cast<std::int64_t>(tokenizer.vocabulary_size());
  if (config.vocab_size > entries) {
    notify(notices, "config.json makes room for " + std::to_string(config.vocab_size) +
                        " tokens, but the vocabulary has " + std::to_string(entries));
  }
}

}  // namespace

PretrainingResult pretrain(const PretrainingOptions& options, const PretrainingEvents& events) {
  check_run_options(options);
  const int threads = start_threads(options.threads);
  const ModelConfig config = pretraining_config(options, events.notices);
  const BlockShape blocks = checked_blocks(options.blocks, config);
  const TrainingOptions training = training_options(options);
  const auto tokenizer =
      load_tokenizer(options.model, config,
                     {.notices = events.notices, .split_special_tokens = options.split_special_tokens});
  note_unused_vocabulary(config, *tokenizer, events.notices);
  make_directory(options.training.output_dir);  // the tokens may go there
  const TokenFile file = token_file(options, *tokenizer, threads, events);
  TrainingModel model = initial_model(options, config, events.notices);
  auto objective =
      std::make_unique<MaskedLmObjective>(MaskedLmData{.file = &file,
                                                       .tokenizer = tokenizer.get(),
                                                       .blocks = blocks,
                                                       .masking = options.masking,
                                                       .held_out_fraction = options.held_out_fraction},
                                          config, training);
  PretrainingResult result;
  result.plan = {{.config = config, .parameters = model.parameters().count()},
                 file.documents(),
                 objective->training_tokens(),
                 objective->held_out_tokens()};
  Trainer trainer(model, std::move(objective), training, events.training);
  result.training = run_training(trainer, options, result.plan, [&] {
    if (events.on_start) events.on_start(result.plan);
  });
  return result;
}

}  // namespace transkimmer
