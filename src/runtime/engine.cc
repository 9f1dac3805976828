#include "runtime/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/machine/hardware.h"
#include "compute/threads/openmp_scope.h"
#include "compute/usable_precision.h"
#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/encoder.h"
#include "runtime/cpu/head.h"
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

struct Engine::Impl {
  std::string origin;  ///< the model's directory, for messages
  ModelConfig config;
  ModelSpec spec;
  bool skimming = false;
  Precision precision = Precision::f32;
  MatrixKernelCache kernels;
  EncoderWeights weights;
  std::optional<TaskHead> head;
  std::unique_ptr<const ThreadPool> pool;
  mutable WorkspacePool workspaces;

  void check(const RaggedBatch& batch) const {
    if (batch.starts.empty() || batch.starts.front() != 0 || batch.starts.back() != batch.tokens() ||
        !std::is_sorted(batch.starts.begin(), batch.starts.end()))
      throw UsageError(
          "the batch's starts do not cut its tokens into sequences: expected 0, ..., the number of tokens");
    if (!batch.type_ids.empty() && batch.type_ids.size() != batch.ids.size())
      throw UsageError(fmt::format("the batch has {} token type ids for {} tokens", batch.type_ids.size(),
                                   batch.ids.size()));
    if (!batch.never_skimmed.empty() && batch.never_skimmed.size() != batch.sequences())
      throw UsageError(fmt::format("the batch says of {} sequences what is never skimmed, but has {}",
                                   batch.never_skimmed.size(), batch.sequences()));
    for (std::size_t i = 0; i < batch.sequences(); ++i) check_sequence(batch, i);
  }

  void check_sequence(const RaggedBatch& batch, std::size_t i) const {
    const std::size_t length = batch.starts[i + 1] - batch.starts[i];
    if (length == 0) throw UsageError(fmt::format("sequence {} is empty", i));
    if (static_cast<std::int64_t>(length) > spec.embeddings.max_tokens())
      throw UsageError(fmt::format("sequence {} has {} tokens, the model takes at most {}", i, length,
                                   spec.embeddings.max_tokens()));
    // A model without token types reads none: callers may say 0, as they do for others.
    const std::int64_t most_types = std::max<std::int64_t>(spec.embeddings.types, 1);
    for (std::size_t token = batch.starts[i]; token < batch.starts[i + 1]; ++token) {
      check_id("token id", batch.ids[token], config.vocab_size, i);
      if (!batch.type_ids.empty()) check_id("token type id", batch.type_ids[token], most_types, i);
    }
  }

  BatchResult run(const RaggedBatch& batch, EncoderOptions options) const {
    if (batch.sequences() == 0) return {};
    const SingleThreadedOpenMp single_threaded;
    // Who has no task head may want any token's state.
    const bool every_token = spec.head.reads == Reads::each || !head;
    options.outputs = every_token ? OutputStates::all_tokens : OutputStates::first_token;
    const WorkspacePool::Lease workspace = workspaces.take();
    EncoderResult encoded = encode(spec, weights, batch, options, *pool, *workspace);
    BatchResult result;
    if (head)
      result.logits =
          run_head(encoded.states, every_token ? batch.tokens() : batch.sequences(), options.profile);
    result.skimmed_at = std::move(encoded.skimmed_at);
    result.kept = std::move(encoded.kept);
    result.margins_in_f32 = encoded.margins_in_f32;
    return result;
  }

  std::vector<float> run_head(const float* states, std::size_t rows, OperationTimes* times) const {
    const OperationTimer timer(times, Operation::head, rows * head->macs_per_row());
    std::vector<float> logits = head->logits(states, rows, *pool);
    check_logits(logits);
    return logits;
  }

  /// NaN compares as neither greater nor less, so that what reads such logits would take the first class for
  /// the best.
  void check_logits(const std::vector<float>& logits) const {
    if (std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); })) return;
    throw Error(
        fmt::format("{}: the model computed a logit that is not a finite number: its weights are "
                    "damaged or too large",
                    origin));
  }

  static void check_id(std::string_view what, std::int32_t id, std::int64_t size, std::size_t sequence) {
    if (id < 0 || id >= size)
      throw UsageError(fmt::format("sequence {} has {} {}, expected 0 to {}", sequence, what, id, size - 1));
  }
};

Engine::Engine(std::shared_ptr<const Impl> impl, double threshold)
    : impl_(std::move(impl)), threshold_(threshold) {
  if (std::isnan(threshold)) throw UsageError("the skim threshold is not a number");
}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Engine Engine::load(const std::filesystem::path& directory, const EngineOptions& options,
                    const NoticeHandler& notices) {
  const SingleThreadedOpenMp single_threaded;
  auto impl = std::make_shared<Impl>();
  const int threads = thread_count(options.threads);
  impl->origin = directory.string();
  impl->config = ModelConfig::load(directory);
  const bool has_head = has_task_head(impl->config);
  const ModelWeights weights = ModelWeights::load(directory, impl->config, {options.skimming, has_head});
  impl->spec = impl->config.spec();
  tell_about_skimming(impl->config, options.skimming, notices);
  impl->skimming = options.skimming && impl->config.skim.enabled;
  impl->precision = choose_precision(options.precision, notices);
  impl->weights =
      EncoderWeights::pack(impl->spec, weights, impl->skimming, threads, impl->kernels, impl->precision);
  if (has_head) impl->head = TaskHead::pack(impl->spec, weights, threads, impl->kernels);
  impl->pool = std::make_unique<ThreadPool>(threads);
  const double threshold = options.skim_threshold.value_or(impl->config.skim.threshold);
  return {std::move(impl), threshold};
}

Engine Engine::at_threshold(double threshold) const {
  return {impl_, threshold};
}

BatchResult Engine::run(const RaggedBatch& batch) const {
  return run(batch, {});
}

BatchResult Engine::run(const RaggedBatch& batch, const KeepDecision& keep) const {
  impl_->check(batch);
  return impl_->run(batch, {.skim_threshold = threshold_, .keep = keep});
}

Profile Engine::profile(const RaggedBatch& batch, const KeepDecision& keep) const {
  impl_->check(batch);
  Profile profile;
  profile.threads = threads();
  const auto start = std::chrono::steady_clock::now();
  impl_->run(batch, {.skim_threshold = threshold_, .keep = keep, .profile = &profile.operations});
  profile.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return profile;
}

const ModelConfig& Engine::config() const {
  return impl_->config;
}
const ModelSpec& Engine::spec() const {
  return impl_->spec;
}
bool Engine::skimming() const {
  return impl_->skimming;
}
double Engine::skim_threshold() const {
  return threshold_;
}
int Engine::threads() const {
  return impl_->pool->threads();
}
Precision Engine::precision() const {
  return impl_->precision;
}

}  // namespace transkimmer
