#include "evaluation/time_in_turns.h"

#include <algorithm>
#include <chrono>

#include "evaluation/engine_batches.h"
#include "features/batches.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

/// Stretches that a round over the data is cut into. More would interleave finer; each begins with caches
/// that the runs before it have filled.
constexpr std::size_t kStretches = 8;

/// A run with the batches that its data is cut into.
struct BatchedRun {
  TimedRun run;
  std::vector<Batch> batches;

  /// The batches of one of the stretches.
  std::span<const Batch> stretch(std::size_t index) const {
    const std::size_t first = index * batches.size() / kStretches;
    const std::size_t end = (index + 1) * batches.size() / kStretches;
    return std::span(batches).subspan(first, end - first);
  }

  double seconds_of(const Batch& members) const {
    const Engine& engine = *run.engine;
    const RaggedBatch batch = gather(*run.data, members, engine.config().skim.protection);
    const auto start = Clock::now();
    engine.run(batch);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
};

BatchedRun batched(const TimedRun& run, const TurnOptions& options) {
  if (run.data->size() == 0) throw UsageError("the data set has no examples to time");
  EvaluationOptions limits;
  limits.batch_tokens = options.batch_tokens;
  limits.batch_sequences = options.batch_sequences;
  limits.groups.assign(run.groups.begin(), run.groups.end());
  return {run, batches_of(lengths_of(*run.data), limits)};
}

}  // namespace

std::vector<std::vector<double>> time_in_turns(std::span<const TimedRun> runs, const TurnOptions& options) {
  if (options.rounds == 0) throw UsageError("rounds is 0, expected at least 1");
  if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
  if (options.batch_sequences == 0) throw UsageError("batch_sequences is 0, expected at least 1");
  std::vector<BatchedRun> prepared;
  for (const TimedRun& run : runs) prepared.push_back(batched(run, options));
  std::vector<std::vector<double>> seconds(runs.size(), std::vector<double>(options.rounds));
  for (std::size_t turn = 0; turn < options.rounds * kStretches; ++turn) {
    const std::size_t round = turn / kStretches;
    const std::size_t stretch = turn % kStretches;
    for (std::size_t place = 0; place < runs.size(); ++place) {
      // Another run begins in the next stretch, and in the same stretch of the next round.
      const std::size_t index = (round + stretch + place) % runs.size();
      for (const Batch& batch : prepared[index].stretch(stretch)) {
        seconds[index][round] += prepared[index].seconds_of(batch);
        if (options.progress) options.progress(index, batch.size());
      }
    }
  }
  return seconds;
}

}  // namespace transkimmer
