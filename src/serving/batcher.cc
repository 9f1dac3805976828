#include "serving/batcher.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "serving/loaded_model.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

void check(const BatcherOptions& options) {
  const auto require = [](std::size_t value, const char* name) {
    if (value == 0) throw UsageError(fmt::format("{} is 0, expected at least 1", name));
  };
  require(options.max_batch_tokens, "max_batch_tokens");
  require(options.max_batch_requests, "max_batch_requests");
  require(options.max_concurrent_requests, "max_concurrent_requests");
}

/// How much the newest pass says of the next: one of four, so that an odd one is forgotten after a few.
constexpr double kWeightOfNewest = 0.25;
/// Memory is taken for all tokens of a pass, however few of them are computed: never more than four times
/// as many as a pass without skimming has.
constexpr double kLeastComputedShare = 0.25;

/// What a pass made of each of its sequences, but for the times.
std::vector<BatchedResult> results_of(const BatchResult& pass, const RaggedBatch& batch, bool of_tokens) {
  const std::size_t sequences = batch.sequences();
  const std::size_t columns = pass.logits.size() / (of_tokens ? batch.tokens() : sequences);
  std::vector<BatchedResult> results(sequences);
  for (std::size_t i = 0; i < sequences; ++i) {
    const std::size_t begin = batch.starts[i], length = batch.starts[i + 1] - begin;
    const auto logits =
        std::span(pass.logits).subspan((of_tokens ? begin : i) * columns, (of_tokens ? length : 1) * columns);
    const auto skimmed_at = std::span(pass.skimmed_at).subspan(begin, length);
    results[i].logits.assign(logits.begin(), logits.end());
    results[i].skimmed_at.assign(skimmed_at.begin(), skimmed_at.end());
    for (std::size_t layer = 0; layer < pass.kept.size() / sequences; ++layer)
      results[i].kept.push_back(pass.kept[layer * sequences + i]);
  }
  return results;
}

}  // namespace

/// Items of one request, answered when the last of them is done. Only the batcher's thread touches it.
struct Batcher::Group {
  std::vector<BatchedResult> results;
  std::size_t remaining = 0;
  std::size_t failed_at = SIZE_MAX;  ///< the first item that failed
  std::exception_ptr error;
  std::shared_ptr<const std::atomic<bool>> cancelled;
  Clock::time_point deadline;
  Done done;

  void end_one() {
    if (--remaining == 0) done(std::move(error), std::move(results));
  }
};

struct Batcher::Waiting {
  BatchItem item;
  std::shared_ptr<Group> group;
  std::size_t index = 0;  ///< of the item in its request
  Clock::time_point since;

  std::size_t tokens() const { return item.ids.size(); }
  bool cancelled() const { return group->cancelled && group->cancelled->load(std::memory_order_relaxed); }
  bool dropped(Clock::time_point now) const { return cancelled() || group->deadline < now; }
};

Batcher::Batcher(Model model, BatcherOptions options)
    : model_(std::move(model)), options_((check(options), std::move(options))), thread_([this] { work(); }) {}

Batcher::~Batcher() {
  drain();
}

Batcher::Admission Batcher::admit(std::size_t inputs) {
  std::size_t before = admitted_->load();
  do {
    if (inputs > options_.max_concurrent_requests - std::min(before, options_.max_concurrent_requests))
      return nullptr;
  } while (!admitted_->compare_exchange_weak(before, before + inputs));
  // Not the batcher itself is kept: an answer may be written after it is gone.
  return {this, [admitted = admitted_, inputs](const void*) { admitted->fetch_sub(inputs); }};
}

void Batcher::submit(BatchRequest request, Done done) {
  if (request.items.empty()) throw UsageError("a request has no sequences");
  auto group = std::make_shared<Group>();
  group->results.resize(request.items.size());
  group->remaining = request.items.size();
  group->cancelled = std::move(request.cancelled);
  group->deadline = request.deadline;
  group->done = std::move(done);
  const Clock::time_point now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (draining_) throw ShutDownError("the server is shutting down");
    std::deque<Waiting>& queue = queues_[request.client];
    if (queue.empty()) turns_.push_back(request.client);
    for (std::size_t i = 0; i < request.items.size(); ++i) {
      waiting_tokens_ += request.items[i].ids.size();
      queue.push_back({std::move(request.items[i]), group, i, now});
    }
    waiting_ += request.items.size();
  }
  changed_.notify_one();
}

std::future<BatchedResult> Batcher::submit(BatchItem item, std::uint64_t client) {
  auto promise = std::make_shared<std::promise<BatchedResult>>();
  std::future<BatchedResult> future = promise->get_future();
  BatchRequest request{.items = {}, .client = client};
  request.items.push_back(std::move(item));
  submit(std::move(request), [promise](std::exception_ptr error, std::vector<BatchedResult> results) {
    if (error) {
      promise->set_exception(std::move(error));
    } else {
      promise->set_value(std::move(results.front()));
    }
  });
  return future;
}

std::size_t Batcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Batcher::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  changed_.notify_all();
  std::call_once(joined_, [this] { thread_.join(); });
}

void Batcher::work() {
  while (true) {
    Batch batch, dropped;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return waiting_ > 0 || draining_; });
      if (waiting_ == 0) return;
      if (options_.max_wait.count() > 0) wait_for_more(lock);
      batch = next_batch(dropped);
    }
    for (const Waiting& waiting : dropped)
      fail(waiting, waiting.cancelled()
                        ? std::make_exception_ptr(CancelledError("the client has left"))
                        : std::make_exception_ptr(DeadlineError("it waited for its turn too long")));
    if (!batch.empty()) run(std::move(batch));
  }
}

/// Until there is enough for a pass, or what came first has waited long enough.
void Batcher::wait_for_more(std::unique_lock<std::mutex>& lock) {
  Clock::time_point first = Clock::time_point::max();
  for (const auto& [client, queue] : queues_) first = std::min(first, queue.front().since);
  changed_.wait_until(lock, first + options_.max_wait, [this] {
    const double computed = static_cast<double>(waiting_tokens_) * computed_share_;
    return draining_ || waiting_ >= options_.max_batch_requests ||
           computed >= static_cast<double>(options_.max_batch_tokens);
  });
}

/// How many tokens of a sequence a pass is expected to compute.
std::size_t Batcher::computed_tokens(const Waiting& waiting) const {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(waiting.tokens()) * computed_share_));
}

/// One sequence of each client in turn, as many as a pass takes; those whose client has left, or whose time
/// is over, go to `dropped`. The lock is held.
Batcher::Batch Batcher::next_batch(Batch& dropped) {
  Batch batch;
  std::size_t tokens = 0;
  const Clock::time_point now = Clock::now();
  while (!turns_.empty() && batch.size() < options_.max_batch_requests) {
    const auto queue = queues_.find(turns_.front());
    Waiting& next = queue->second.front();
    const bool drop = next.dropped(now);
    const std::size_t more = drop ? 0 : computed_tokens(next);
    if (!batch.empty() && more > options_.max_batch_tokens - std::min(tokens, options_.max_batch_tokens))
      break;
    tokens += more;
    waiting_tokens_ -= next.tokens();
    (drop ? dropped : batch).push_back(std::move(next));
    --waiting_;
    queue->second.pop_front();
    if (queue->second.empty()) {
      queues_.erase(queue);
    } else {
      turns_.push_back(turns_.front());
    }
    turns_.pop_front();
  }
  return batch;
}

void Batcher::run(Batch batch) {
  std::vector<BatchedResult> results;
  try {
    results = run_together(batch);
  } catch (...) {
    if (batch.size() == 1) return fail(batch.front(), std::current_exception());
    // One of them is at fault, which the others shall not suffer for.
    return run_each(std::move(batch));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) finish(batch[i], std::move(results[i]));
}

void Batcher::run_each(Batch batch) {
  for (Waiting& waiting : batch) {
    Batch alone;
    alone.push_back(std::move(waiting));
    run(std::move(alone));
  }
}

/// What the next passes are planned by.
void Batcher::learn_from(const BatchResult& pass, std::size_t tokens) {
  const std::size_t layers = model_.loaded().engine.spec().layers.size();
  if (layers == 0 || tokens == 0) return;
  const auto computed = std::accumulate(pass.kept.begin(), pass.kept.end(), 0.0);
  const double share = computed / static_cast<double>(layers * tokens);
  computed_share_ =
      std::max(kLeastComputedShare, computed_share_ + kWeightOfNewest * (share - computed_share_));
}

std::vector<BatchedResult> Batcher::run_together(const Batch& members) {
  const Engine& engine = model_.loaded().engine;
  RaggedBatch batch;
  for (const Waiting& waiting : members) {
    const BatchItem& item = waiting.item;
    const std::vector<std::int32_t> no_types(item.type_ids.empty() ? item.ids.size() : 0);
    batch.add(item.ids, item.type_ids.empty() ? no_types : item.type_ids, item.never_skimmed);
    batch.skim_thresholds.push_back(item.skim_threshold.value_or(engine.skim_threshold()));
  }
  const Clock::time_point begin = Clock::now();
  const BatchResult pass = engine.run(batch);
  const double seconds = seconds_between(begin, Clock::now());
  learn_from(pass, batch.tokens());
  report(pass, batch, seconds);
  std::vector<BatchedResult> results = results_of(pass, batch, engine.spec().head.reads == Reads::each);
  for (std::size_t i = 0; i < members.size(); ++i) {
    results[i].queue_seconds = seconds_between(members[i].since, begin);
    results[i].inference_seconds = seconds;
  }
  return results;
}

void Batcher::report(const BatchResult& pass, const RaggedBatch& batch, double seconds) const {
  if (!options_.on_pass) return;
  PassReport done{.sequences = batch.sequences(), .tokens = batch.tokens(), .seconds = seconds, .kept = {}};
  for (std::size_t begin = 0; begin < pass.kept.size(); begin += batch.sequences()) {
    std::uint64_t& sum = done.kept.emplace_back();
    for (std::size_t i = 0; i < batch.sequences(); ++i) sum += pass.kept[begin + i];
  }
  options_.on_pass(done);
}

void Batcher::finish(const Waiting& waiting, BatchedResult result) {
  waiting.group->results[waiting.index] = std::move(result);
  waiting.group->end_one();
}

void Batcher::fail(const Waiting& waiting, std::exception_ptr error) {
  Group& group = *waiting.group;
  if (waiting.index < group.failed_at) {
    group.failed_at = waiting.index;
    group.error = std::move(error);
  }
  group.end_one();
}

}  // namespace transkimmer
