#include "runtime/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/machine/hardware.h"
#include "compute/threads/openmp_scope.h"
#include "compute/usable_precision.h"
#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/cpu_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// More than any machine has; catches a mistyped option before it starts that many threads.
constexpr int kMostThreads = 1024;

int thread_count(int wanted) {
  if (wanted < 0 || wanted > kMostThreads)
    throw UsageError(fmt::format("threads is {}, expected 0 (all processors) to {}", wanted, kMostThreads));
  return wanted == 0 ? available_processors() : wanted;
}

void tell_about_skimming(const ModelConfig& config, bool wanted, const NoticeHandler& notices) {
  if (!wanted) return;
  if (!config.skim.enabled) {
    notify(notices, "the model has no skim predictors: it runs dense");
  } else if (config.skim.semantics == SkimSemantics::original) {
    notify(notices,
           "the model was trained with the published code's attention (semantics \"original\"): removing "
           "skimmed tokens computes something else than it was trained with");
  }
}

Precision choose_precision(Precision wanted, const NoticeHandler& notices) {
  const Precision usable = usable_precision(wanted);
  if (usable != wanted && wanted != Precision::automatic)
    notify(notices, fmt::format("this machine has no instructions for products in {}: they run in {}",
                                name_of(wanted), name_of(usable)));
  return usable;
}

}  // namespace

struct Engine::Loaded {
  std::string origin;  ///< the model's directory, for messages
  ModelConfig config;
  ModelSpec spec;
  std::unique_ptr<const PreparedModel> model;

  void check(const RaggedBatch& batch) const;
  void check_sequence(const RaggedBatch& batch, std::size_t i) const;
  void check_logits(const std::vector<float>& logits) const;
};

namespace {

void check_id(std::string_view what, std::int32_t id, std::int64_t size, std::size_t sequence) {
  if (id < 0 || id >= size)
    throw UsageError(fmt::format("sequence {} has {} {}, expected 0 to {}", sequence, what, id, size - 1));
}

void check_threshold(double threshold) {
  if (std::isnan(threshold)) throw UsageError("the skim threshold is not a number");
}

void check_count(std::string_view what, std::size_t count, const RaggedBatch& batch) {
  if (count != 0 && count != batch.sequences())
    throw UsageError(
        fmt::format("the batch says of {} sequences {}, but has {}", count, what, batch.sequences()));
}

}  // namespace

void Engine::Loaded::check(const RaggedBatch& batch) const {
  if (batch.starts.empty() || batch.starts.front() != 0 || batch.starts.back() != batch.tokens() ||
      !std::is_sorted(batch.starts.begin(), batch.starts.end()))
    throw UsageError(
        "the batch's starts do not cut its tokens into sequences: expected 0, ..., the number of tokens");
  if (!batch.type_ids.empty() && batch.type_ids.size() != batch.ids.size())
    throw UsageError(fmt::format("the batch has {} token type ids for {} tokens", batch.type_ids.size(),
                                 batch.ids.size()));
  check_count("what is never skimmed", batch.never_skimmed.size(), batch);
  check_count("at which threshold they are skimmed", batch.skim_thresholds.size(), batch);
  if (std::ranges::any_of(batch.skim_thresholds, [](double threshold) { return std::isnan(threshold); }))
    throw UsageError("a skim threshold of the batch is not a number");
  if (!batch.asked.empty() && spec.head.reads != Reads::each)
    throw UsageError(
        "the batch asks for the logits of tokens, but the model's head does not read each token");
  for (const std::uint32_t token : batch.asked)
    if (token >= batch.tokens())
      throw UsageError(fmt::format("the batch asks for token {}, but has {}", token, batch.tokens()));
  for (std::size_t i = 0; i < batch.sequences(); ++i) check_sequence(batch, i);
}

void Engine::Loaded::check_sequence(const RaggedBatch& batch, std::size_t i) const {
  const std::size_t length = batch.starts[i + 1] - batch.starts[i];
  if (length == 0) throw UsageError(fmt::format("sequence {} is empty", i));
  const std::int64_t most = spec.embeddings.max_tokens();
  if (static_cast<std::int64_t>(length) > most)
    throw UsageError(fmt::format("sequence {} has {} tokens, the model takes at most {}", i, length, most));
  // A model without token types reads none: callers may say 0, as they do for others.
  const std::int64_t types = std::max<std::int64_t>(spec.embeddings.types, 1);
  for (std::size_t token = batch.starts[i]; token < batch.starts[i + 1]; ++token) {
    check_id("token id", batch.ids[token], spec.embeddings.vocab_size, i);
    if (!batch.type_ids.empty()) check_id("token type id", batch.type_ids[token], types, i);
  }
}

/// NaN compares as neither greater nor less, so that what reads such logits would take the first class for
/// the best.
void Engine::Loaded::check_logits(const std::vector<float>& logits) const {
  if (std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); })) return;
  throw Error(fmt::format(
      "{}: the model computed a logit that is not a finite number: its weights are damaged or too "
      "large",
      origin));
}

Engine::Engine(std::shared_ptr<const Loaded> loaded, double threshold, bool skimming)
    : loaded_(std::move(loaded)), threshold_(threshold), skimming_(skimming) {
  check_threshold(threshold);
}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Engine Engine::load(const std::filesystem::path& directory, const EngineOptions& options,
                    const NoticeHandler& notices) {
  return load(directory, ModelConfig::load(directory), options, notices);
}

Engine Engine::load(const std::filesystem::path& directory, ModelConfig config, const EngineOptions& options,
                    const NoticeHandler& notices) {
  const SingleThreadedOpenMp single_threaded;
  auto loaded = std::make_shared<Loaded>();
  const int threads = thread_count(options.threads);
  loaded->origin = directory.string();
  loaded->config = std::move(config);
  const ModelWeights weights =
      ModelWeights::load(directory, loaded->config, {options.skimming, has_task_head(loaded->config)});
  loaded->spec = loaded->config.spec();
  tell_about_skimming(loaded->config, options.skimming, notices);
  const bool skimming = options.skimming && loaded->spec.skim.enabled;
  loaded->model = prepare_for_cpu(loaded->spec, weights,
                                  {.with_predictors = skimming,
                                   .threads = threads,
                                   .precision = choose_precision(options.precision, notices)});
  const double threshold = options.skim_threshold.value_or(loaded->config.skim.threshold);
  return {std::move(loaded), threshold, skimming};
}

Engine Engine::at_threshold(double threshold) const {
  return {loaded_, threshold, skimming_};
}

Engine Engine::without_skimming() const {
  return {loaded_, threshold_, false};
}

BatchResult Engine::run(const RaggedBatch& batch, const PassOptions& options) const {
  loaded_->check(batch);
  PassOptions pass = options;
  pass.skimming = options.skimming && skimming_;
  pass.skim_threshold = options.skim_threshold.value_or(threshold_);
  check_threshold(*pass.skim_threshold);
  if (batch.sequences() == 0) return {};
  BatchResult result = loaded_->model->run(batch, pass);
  loaded_->check_logits(result.logits);
  return result;
}

Profile Engine::profile(const RaggedBatch& batch, PassOptions options) const {
  Profile profile;
  options.times = &profile.operations;
  profile.threads = threads();
  const auto start = std::chrono::steady_clock::now();
  run(batch, options);
  profile.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return profile;
}

const ModelConfig& Engine::config() const {
  return loaded_->config;
}
const ModelSpec& Engine::spec() const {
  return loaded_->spec;
}
bool Engine::skimming() const {
  return skimming_;
}
double Engine::skim_threshold() const {
  return threshold_;
}
int Engine::threads() const {
  return loaded_->model->threads();
}
Precision Engine::precision() const {
  return loaded_->model->precision();
}

}  // namespace transkimmer
