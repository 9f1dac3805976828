#include "evaluation/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "evaluation/engine_batches.h"
#include "features/batches.h"
#include "metrics/text_scores.h"
#include "model_files/model_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One engine's results, gathered batch by batch.
class PassRecorder {
 public:
  PassRecorder(const Engine& engine, const EncodedDataset& data) : engine_(engine), data_(data) {
    of_tokens_ = engine.spec().head.reads == Reads::each;
    if (of_tokens_) {
      pass_.token_logits.resize(data.size());
    } else {
      columns_ = static_cast<std::size_t>(engine.spec().head.out(engine.spec().hidden_size));
      pass_.logits.resize(data.size() * columns_);
    }
    pass_.kept.resize(static_cast<std::size_t>(engine.config().num_hidden_layers));
  }

  void run(std::span<const std::uint32_t> members) {
    const RaggedBatch batch = gather(data_, members, engine_.config().skim.protection);
    const auto start = Clock::now();
    const BatchResult result = engine_.run(batch);
    pass_.seconds += seconds_since(start);
    for (std::size_t m = 0; m < members.size(); ++m) {
      record(result, batch, m, members[m]);
      count(result, m, members.size(), batch.starts[m + 1] - batch.starts[m]);
    }
  }

  Pass take() {
    if (!of_tokens_) pass_.outputs = text_outputs(engine_.config().head, pass_.logits, columns_);
    return std::move(pass_);
  }

 private:
  void record(const BatchResult& result, const RaggedBatch& batch, std::size_t member, std::size_t example) {
    const std::span<const float> logits = result.logits;
    if (of_tokens_) {
      const std::size_t width = logits.size() / batch.tokens();
      const auto of_tokens = logits.subspan(width * batch.starts[member],
                                            width * (batch.starts[member + 1] - batch.starts[member]));
      pass_.token_logits[example].assign(of_tokens.begin(), of_tokens.end());
    } else {
      const std::span<const float> own = logits.subspan(member * columns_, columns_);
      std::ranges::copy(own, pass_.logits.begin() + static_cast<std::ptrdiff_t>(example * columns_));
    }
  }

  void count(const BatchResult& result, std::size_t member, std::size_t members, std::uint64_t tokens) {
    std::vector<std::uint32_t> kept(pass_.kept.size());
    for (std::size_t layer = 0; layer < kept.size(); ++layer) {
      kept[layer] = result.kept[layer * members + member];
      pass_.kept[layer] += kept[layer];
    }
    const Macs macs =
        engine_.skimming() ? skimmed_cost(engine_.spec(), tokens, kept) : dense_cost(engine_.spec(), tokens);
    pass_.macs += macs;
    pass_.computed += macs;
    pass_.computed -= unread_cost(engine_.spec(), kept.back());
  }

  const Engine& engine_;
  const EncodedDataset& data_;
  bool of_tokens_ = false;
  std::size_t columns_ = 0;  ///< of each sequence's logits
  Pass pass_;
};

/// The batches of a padded evaluation loop: data set order, each padded to its longest member.
struct PaddedBatches {
  PaddedBatches(std::span<const std::size_t> lengths, std::size_t batch) {
    for (std::size_t first = 0; first < lengths.size(); first += batch) {
      Batch members;
      std::size_t longest = 0;
      for (std::size_t i = first; i < std::min(first + batch, lengths.size()); ++i) {
        members.push_back(static_cast<std::uint32_t>(i));
        longest = std::max(longest, lengths[i]);
      }
      batches.push_back(std::move(members));
      padded_to.push_back(longest);
    }
  }

  std::vector<Batch> batches;
  std::vector<std::size_t> padded_to;
};

Macs padded_cost(const ModelSpec& spec, const PaddedBatches& padded) {
  Macs sum;
  for (std::size_t b = 0; b < padded.batches.size(); ++b)
    for (std::size_t i = 0; i < padded.batches[b].size(); ++i) sum += dense_cost(spec, padded.padded_to[b]);
  return sum;
}

/// Matrix kernels are made at their first use, which no later batch pays for: the largest and the smallest
/// batch run once before the clock does.
void warm_up(const Engine& engine, const EncodedDataset& data, const std::vector<Batch>& batches) {
  engine.run(gather(data, batches.front(), engine.config().skim.protection));
  engine.run(gather(data, batches.back(), engine.config().skim.protection));
}

class Comparison {
 public:
  Comparison(const Engine& engine, const Engine* dense, const EncodedDataset& data,
             const EvaluationOptions& options)
      : data_(data),
        lengths_(lengths_of(data)),
        batches_(batches_of(lengths_, options)),
        padded_(lengths_, options.padded_batch),
        engine_(engine),
        dense_(dense),
        options_(options) {}

  Evaluation run() {
    if (options_.warm_up) measure(false);
    return measure(true);
  }

  Evaluation measure(bool report_progress) {
    PassRecorder own(engine_, data_);
    std::optional<PassRecorder> dense;
    if (dense_ != nullptr) dense.emplace(*dense_, data_);
    warm_up(engine_, data_, batches_);
    if (dense_ != nullptr) warm_up(*dense_, data_, batches_);
    double padded_seconds = 0;
    std::size_t done = 0;
    const std::size_t turns = std::max(batches_.size(), dense ? padded_.batches.size() : 0);
    for (std::size_t turn = 0; turn < turns; ++turn) {
      if (turn < batches_.size()) {
        own.run(batches_[turn]);
        if (dense) dense->run(batches_[turn]);
        done += batches_[turn].size();
        if (report_progress && options_.progress) options_.progress(done, data_.size());
      }
      if (dense && turn < padded_.batches.size()) padded_seconds += run_padded(turn);
    }
    Evaluation result;
    result.run = own.take();
    if (dense) result.dense = dense->take();
    result.dense_padded_seconds = padded_seconds;
    return result;
  }

  void describe(Evaluation& evaluation) const {
    evaluation.examples = data_.labels.size();
    evaluation.padded_batch = options_.padded_batch;
    for (const std::size_t length : lengths_) {
      evaluation.tokens += length;
      evaluation.dense_unpadded += dense_cost(engine_.spec(), length);
      evaluation.dense_computed += dense_cost(engine_.spec(), length);
      evaluation.dense_computed -= unread_cost(engine_.spec(), length);
    }
    evaluation.dense_padded = padded_cost(engine_.spec(), padded_);
  }

 private:
  double run_padded(std::size_t turn) const {
    const RaggedBatch batch =
        gather(data_, padded_.batches[turn], dense_->config().skim.protection, padded_.padded_to[turn]);
    const auto start = Clock::now();
    dense_->run(batch);
    return seconds_since(start);
  }

  const EncodedDataset& data_;
  std::vector<std::size_t> lengths_;
  std::vector<Batch> batches_;
  PaddedBatches padded_;
  const Engine& engine_;
  const Engine* dense_;
  const EvaluationOptions& options_;
};

}  // namespace

std::vector<double> Evaluation::kept_fraction_per_layer() const {
  std::vector<double> fractions;
  for (const std::uint64_t kept : run.kept)
    fractions.push_back(static_cast<double>(kept) / static_cast<double>(std::max<std::uint64_t>(tokens, 1)));
  return fractions;
}

double Evaluation::kept_fraction() const {
  const std::vector<double> fractions = kept_fraction_per_layer();
  double sum = 0;
  for (const double fraction : fractions) sum += fraction;
  return sum / static_cast<double>(std::max<std::size_t>(fractions.size(), 1));
}

Evaluation evaluate(const Engine& engine, const Engine* dense, const EncodedDataset& data,
                    std::span<const Metric> metrics, const EvaluationOptions& options) {
  if (!has_task_head(engine.config())) throw UsageError("the model has no task head to evaluate");
  if (data.size() == 0) throw UsageError("the data set has no examples to evaluate");
  if (options.padded_batch == 0) throw UsageError("padded_batch is 0, expected at least 1");
  if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
  Comparison comparison(engine, dense, data, options);
  Evaluation result = comparison.run();
  comparison.describe(result);
  const bool labelled =
      std::none_of(data.labels.begin(), data.labels.end(), [](double label) { return std::isnan(label); });
  const auto scores_of = [&](const Pass& pass) {
    return text_scores(
        engine.config().head, metrics,
        {.logits = pass.logits,
         .columns = static_cast<std::size_t>(engine.spec().head.out(engine.spec().hidden_size)),
         .labels = data.labels,
         .marks = data.marks,
         .queries = data.queries,
         .positive = options.positive_class});
  };
  if (labelled) result.scores = scores_of(result.run);
  if (labelled && result.dense) result.dense_scores = scores_of(*result.dense);
  return result;
}

}  // namespace transkimmer
