#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/tasks.h"
#include "features/encoded_dataset.h"
#include "model/cost.h"
#include "runtime/engine.h"

namespace transkimmer {

/// How a data set is run, and what is told meanwhile.
struct EvaluationOptions {
  std::size_t batch_tokens = 4096;
  std::size_t batch_sequences = SIZE_MAX;
  /// Sequences that share a batch as far as limits allow, in place of those of like length: group g is
  /// sequences [groups[g], groups[g + 1]).
  std::vector<std::size_t> groups;
  /// Sequences per batch of the padded comparison, in data set order, each batch padded to its longest: what
  /// a transformers evaluation loop does.
  std::size_t padded_batch = 32;
  /// Runs everything once before the clock starts, so that no time goes into making matrix kernels, of which
  /// a serving process has made all before long.
  bool warm_up = false;
  /// The class that F1 is of. Models may count a task's classes in another order than its data.
  int positive_class = 1;
  /// Called now and then with the number of sequences done.
  std::function<void(std::size_t done, std::size_t total)> progress;
};

/// One engine's pass over a data set.
struct Pass {
  /// [examples]: class index (of sets of labels the likeliest), score, or cosine of an embedder's pair
  std::vector<double> outputs;
  std::vector<float> logits;  ///< [sequences, labels] that they are from; [sequences, dimension] of vectors
  /// [examples][tokens, logits]: of models that answer about every token, which have no outputs: start and
  /// end of answers, or the labels of each token in turn.
  std::vector<std::vector<float>> token_logits;
  std::vector<std::uint64_t> kept;  ///< [layers]: tokens that went through, over all examples
  Macs macs;
  Macs computed;       ///< of `macs`, what the engine really computes: without unread_cost
  double seconds = 0;  ///< inside the engine
};

/// A data set run by one model, skimmed and dense.
struct Evaluation {
  std::size_t examples = 0;
  std::size_t windows = 0;  ///< of questions, where the examples are questions; else 0
  std::uint64_t tokens = 0;
  std::size_t padded_batch = 0;
  Macs dense_unpadded;
  Macs dense_padded;
  Macs dense_computed;  ///< of `dense_unpadded`, what the engine really computes

  Pass run;                              ///< as the engine was configured
  std::map<std::string, double> scores;  ///< of `run`; empty when the data has no labels
  std::optional<Pass> dense;             ///< the same weights without skimming, when asked for
  std::map<std::string, double> dense_scores;
  double dense_padded_seconds =
      0;  ///< the dense engine on padded batches: the time, not the outputs, is of interest

  /// Kept tokens over all tokens: mean over layers, and per layer.
  double kept_fraction() const;
  std::vector<double> kept_fraction_per_layer() const;
};

/// Runs `engine` over the data; with `dense` (the same weights loaded without skimming) also the dense model,
/// unpadded and padded, batch by batch in turn, so that all three see the same moods of the machine.
/// `metrics` score the examples when every one of them has a label. An embedder's are pairs, as
/// encode_compared makes them. Throws UsageError for a data set without
/// examples and for limits of 0.
Evaluation evaluate(const Engine& engine, const Engine* dense, const EncodedDataset& data,
                    std::span<const Metric> metrics, const EvaluationOptions& options);

}  // namespace transkimmer
