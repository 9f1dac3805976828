#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "evaluation/evaluate.h"
#include "features/encoded_dataset.h"
#include "runtime/engine.h"

namespace transkimmer {

/// An engine and the data that it is timed on; both outlive the call.
struct TimedRun {
  const Engine* engine = nullptr;
  const EncodedDataset* data = nullptr;
  std::span<const std::size_t> groups = {};  ///< as in EvaluationOptions
};

/// How several runs are timed in turns.
struct TurnOptions {
  std::size_t rounds = 5;
  std::size_t batch_tokens = 4096;
  std::size_t batch_sequences = SIZE_MAX;
  /// Called after each batch with the index of the run it was of and the sequences it had. What it throws
  /// ends the call.
  std::function<void(std::size_t run, std::size_t sequences)> progress = {};
};

/// Seconds inside the engine that each run takes for all of its data, [runs, rounds]. Runs take turns: each
/// does a stretch of its data before the next one does its own, in an order that rotates, so that all see the
/// same moods of the machine, and yet a stretch is long enough for caches to hold the weights of its engine.
/// The first round is not warmed up. Throws UsageError for 0 rounds, limits of 0 and a run without data.
std::vector<std::vector<double>> time_in_turns(std::span<const TimedRun> runs, const TurnOptions& options);

}  // namespace transkimmer
