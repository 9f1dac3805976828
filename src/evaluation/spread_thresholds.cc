#include "evaluation/spread_thresholds.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>

#include "evaluation/engine_batches.h"
#include "features/batches.h"
#include "model/cost.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Sequences that shares are found on, and tokens of which no more are taken, but for a few sequences at
/// least: enough for a share that holds to a few percent on all of the data.
constexpr std::size_t kSample = 64;
constexpr std::size_t kSampleTokens = 8192;
constexpr std::size_t kLeastSample = 8;
/// Two shares nearer than this, as a ratio, are one point to who looks at a table.
constexpr double kNear = 1.08;
/// Margins are differences of logits: no threshold farther than this from the model's own tells two tokens
/// apart.
constexpr double kFarthest = 64;
constexpr int kMostHalvings = 12;

bool near(double one, double other) {
  return std::max(one, other) <= kNear * std::min(one, other);
}

/// Sequences from all over the data.
std::vector<std::uint32_t> sample_of(const EncodedDataset& data) {
  const std::size_t by_tokens = std::max(kLeastSample, kSampleTokens * data.size() / data.ids.size());
  const std::size_t count = std::min({data.size(), kSample, by_tokens});
  std::vector<std::uint32_t> chosen(count);
  for (std::size_t i = 0; i < count; ++i) chosen[i] = static_cast<std::uint32_t>(i * data.size() / count);
  return chosen;
}

/// The share of the dense arithmetic that an engine computes of a sample, as a function of its threshold.
class ShareOfThreshold {
 public:
  ShareOfThreshold(const Engine& engine, const EncodedDataset& data) : engine_(engine) {
    const std::vector<std::uint32_t> chosen = sample_of(data);
    std::vector<std::size_t> lengths;
    lengths.reserve(chosen.size());
    for (const std::uint32_t i : chosen) lengths.push_back(data.length(i));
    const EvaluationOptions limits;
    for (const Batch& batch : batches_of(lengths, limits)) {
      std::vector<std::uint32_t> members;
      for (const std::uint32_t i : batch) members.push_back(chosen[i]);
      batches_.push_back(gather(data, members, engine.config().skim.protection));
    }
    for (const std::size_t length : lengths) dense_ += dense_cost(engine.spec(), length);
  }

  double operator()(double threshold) {
    const auto known = known_.find(threshold);
    if (known != known_.end()) return known->second;
    const Engine engine = engine_.at_threshold(threshold);
    Macs macs;
    for (const RaggedBatch& batch : batches_) macs += cost_of(batch, engine.run(batch));
    const double share = static_cast<double>(macs.count) / static_cast<double>(dense_.count);
    known_.emplace(threshold, share);
    return share;
  }

  /// The thresholds asked for so far with their shares, ascending.
  const std::map<double, double>& known() const { return known_; }

 private:
  Macs cost_of(const RaggedBatch& batch, const BatchResult& result) const {
    const std::size_t sequences = batch.sequences();
    std::vector<std::uint32_t> kept(result.kept.size() / sequences);
    Macs macs;
    for (std::size_t s = 0; s < sequences; ++s) {
      for (std::size_t layer = 0; layer < kept.size(); ++layer)
        kept[layer] = result.kept[layer * sequences + s];
      macs += skimmed_cost(engine_.spec(), batch.starts[s + 1] - batch.starts[s], kept);
    }
    return macs;
  }

  const Engine& engine_;
  std::vector<RaggedBatch> batches_;
  Macs dense_;
  std::map<double, double> known_;
};

/// Asks for thresholds ever farther below and above `own` until their shares reach beyond `shares`.
void bracket(ShareOfThreshold& share_of, double own, std::span<const double> shares) {
  const double most = *std::ranges::max_element(shares);
  const double least = *std::ranges::min_element(shares);
  share_of(own);
  for (double step = 1; step <= kFarthest && share_of(own - step) < most; step *= 2) continue;
  for (double step = 1; step <= kFarthest && share_of(own + step) > least; step *= 2) continue;
}

/// The fewest decimals that leave the share near `wanted`.
double rounded(ShareOfThreshold& share_of, double threshold, double wanted) {
  for (const double scale : {1.0, 10.0, 100.0, 1000.0}) {
    const double shorter = std::round(threshold * scale) / scale;
    if (near(share_of(shorter), wanted)) return shorter;
  }
  return threshold;
}

/// A threshold whose share is near `wanted`; nothing when shares jump over it or never reach it.
std::optional<double> threshold_of(ShareOfThreshold& share_of, double wanted) {
  const auto above = [&](const auto& known) { return known.second > wanted; };
  const auto high = std::ranges::find_if_not(share_of.known(), above);
  if (high == share_of.known().end() || high == share_of.known().begin()) return std::nullopt;
  double upper = high->first;
  double lower = std::prev(high)->first;
  for (int i = 0; i < kMostHalvings; ++i) {
    const double middle = std::midpoint(lower, upper);
    if (near(share_of(middle), wanted)) return rounded(share_of, middle, wanted);
    (share_of(middle) > wanted ? lower : upper) = middle;
  }
  return std::nullopt;
}

}  // namespace

std::vector<double> spread_thresholds(const Engine& engine, const EncodedDataset& data,
                                      std::span<const double> shares) {
  if (!engine.skimming()) throw UsageError("a model without skim predictors has no thresholds");
  if (data.size() == 0) throw UsageError("the data set has no examples to choose thresholds by");
  ShareOfThreshold share_of(engine, data);
  std::vector<double> thresholds = {engine.skim_threshold()};
  if (!shares.empty()) bracket(share_of, engine.skim_threshold(), shares);
  for (const double wanted : shares) {
    const auto taken = [&](double threshold) { return near(share_of(threshold), wanted); };
    if (std::ranges::any_of(thresholds, taken)) continue;
    if (const auto threshold = threshold_of(share_of, wanted)) thresholds.push_back(*threshold);
  }
  std::ranges::sort(thresholds);
  return thresholds;
}

}  // namespace transkimmer
