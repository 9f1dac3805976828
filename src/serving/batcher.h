#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/engine.h"
#include "transkimmer/error.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// The client had left before its sequence came into a pass.
class CancelledError : public Error {
 public:
  using Error::Error;
};
/// The batcher takes no more sequences: it is being shut down.
class ShutDownError : public Error {
 public:
  using Error::Error;
};

/// A sequence that is to be run.
struct BatchItem {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids = {};    ///< [tokens]; empty: all 0
  std::uint32_t never_skimmed = 0;            ///< as in RaggedBatch
  std::optional<double> skim_threshold = {};  ///< minus infinity keeps all tokens; unset: the engine's own
};

/// What a pass made of one sequence.
struct BatchedResult {
  std::vector<float> logits = {};  ///< [labels], or [tokens, labels] of heads that read every token
  std::vector<std::uint16_t> skimmed_at = {};  ///< [tokens]
  std::vector<std::uint32_t> kept = {};        ///< [layers]: tokens that went through each
  double queue_seconds = 0;                    ///< until its pass began
  double inference_seconds = 0;                ///< of the whole pass
};

/// Sequences that are answered together.
struct BatchRequest {
  std::vector<BatchItem> items;
  /// Whom they are for: clients take turns.
  std::uint64_t client = 0;
  /// Once it holds true, what has not been run yet is not run any more. May be null.
  std::shared_ptr<const std::atomic<bool>> cancelled = {};
};

/// What one pass did.
struct PassReport {
  std::size_t sequences = 0;
  std::size_t tokens = 0;
  double seconds = 0;
  std::vector<std::uint64_t> kept = {};  ///< [layers]: tokens that went through each
};

/// How large passes are, and what is told of them.
struct BatcherOptions {
  std::size_t max_batch_tokens = 16384;       ///< a longer sequence is a pass by itself
  std::size_t max_batch_requests = SIZE_MAX;  ///< sequences of a pass
  std::size_t max_concurrent_requests = 512;  ///< inputs that are admitted at a time
  /// Called after every pass, on the batcher's thread; must not throw.
  std::function<void(const PassReport&)> on_pass = {};
};

/// Gathers the sequences of many threads into ragged passes of one engine, which run one after another on a
/// thread of its own. A pass is what waits when the one before it ends, up to a number of tokens; nothing
/// ever waits while the engine is idle. Clients take turns, a sequence each, so that one with very many
/// delays another's by no more than the pass that runs. Every result is what the sequence alone would have
/// got (up to the rounding that Engine::run speaks of), and a sequence that the engine refuses fails alone.
class Batcher {
 public:
  /// Options out of range throw UsageError.
  Batcher(Model model, BatcherOptions options);
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;
  /// Drains.
  ~Batcher();

  /// Holds a place for inputs as long as it, or a copy, lives.
  using Admission = std::shared_ptr<const void>;
  /// A place for `inputs` more, or null where that would be more than max_concurrent_requests. To be asked
  /// for before work is spent on them.
  Admission admit(std::size_t inputs);

  /// Receives, on the batcher's thread, the results of all items in their order, or what the first that
  /// failed threw (UsageError and Error as Engine::run, CancelledError). It must be quick and must not throw.
  using Done = std::function<void(std::exception_ptr error, std::vector<BatchedResult> results)>;
  /// Throws ShutDownError after `drain`, and UsageError for a request without items.
  void submit(BatchRequest request, Done done);
  /// The same of one item.
  std::future<BatchedResult> submit(BatchItem item, std::uint64_t client = 0);

  /// Sequences that wait for a pass.
  std::size_t waiting() const;
  /// Inputs that are admitted.
  std::size_t admitted() const { return admitted_->load(); }
  /// Takes no more, runs what was taken, and returns when all of it is answered. May be called again.
  void drain();

 private:
  struct Group;
  struct Waiting;
  using Batch = std::vector<Waiting>;

  void work();
  Batch next_batch(std::vector<Waiting>& cancelled);
  void run(Batch batch);
  void run_each(Batch batch);
  std::vector<BatchedResult> run_together(const Batch& members) const;
  void report(const BatchResult& pass, const RaggedBatch& batch, double seconds) const;
  static void finish(const Waiting& waiting, BatchedResult result);
  static void fail(const Waiting& waiting, std::exception_ptr error);

  const Model model_;
  const BatcherOptions options_;
  std::shared_ptr<std::atomic<std::size_t>> admitted_ = std::make_shared<std::atomic<std::size_t>>(0);
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::deque<Waiting>> queues_;  ///< by client; none is empty
  std::deque<std::uint64_t> turns_;                      ///< clients of queues_, whose turn is next first
  std::size_t waiting_ = 0;
  bool draining_ = false;
  std::once_flag joined_;
  std::thread thread_;  ///< last, as it uses all the others
};

}  // namespace transkimmer
