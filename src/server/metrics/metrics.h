#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_spec.h"
#include "serving/batcher.h"

namespace transkimmer {

/// How often a value fell below each of its bounds.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  /// Its lines in Prometheus' text format.
  void write(std::string_view name, std::string& text) const;

 private:
  const std::vector<double> bounds_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> counts_;  ///< [bounds + 1]
  double sum_ = 0;
};

/// Which counters a request is counted by beside those of all requests.
enum class RequestKind : std::uint8_t { other, embed, predict };

/// Where the time of an answered request went.
struct RequestTimes {
  double total = 0;
  double tokenization = 0;
  double queue = 0;
  double inference = 0;
};

/// What Prometheus is told: the names of text-embeddings-inference, and what skimming saves. Callable from
/// any thread.
class Metrics {
 public:
  explicit Metrics(const ModelSpec& spec);

  /// A request with inputs for the model has come; `batch`: it has a list of them.
  void count_request(bool batch);
  void count_success(bool batch, RequestKind kind, std::size_t inputs, const RequestTimes& times);
  void count_failure(std::string_view failure);
  void count_input(RequestKind kind, std::size_t tokens);
  /// A sequence that was computed: the tokens that each layer took.
  void count_sequence(std::size_t tokens, const std::vector<std::uint32_t>& kept);
  void count_pass(const PassReport& pass);

  /// All of it in Prometheus' text format.
  std::string text(std::size_t queue_size) const;

 private:
  using Counter = std::atomic<std::uint64_t>;
  void write_counters(std::string& text) const;
  void write_skimming(std::string& text) const;

  /// total, tokenization, queue and inference
  using Times = std::array<Histogram, 4>;
  static Times make_times();

  const ModelSpec spec_;
  Counter requests_single_ = 0, requests_batch_ = 0, successes_single_ = 0, successes_batch_ = 0;
  Counter embeds_ = 0, embed_successes_ = 0, predictions_ = 0, prediction_successes_ = 0;
  mutable std::mutex failures_mutex_;
  std::map<std::string, std::uint64_t, std::less<>> failures_;
  Times request_times_ = make_times(), embed_times_ = make_times(), predict_times_ = make_times();
  Histogram input_length_, batch_size_, batch_tokens_, pass_duration_;
  Counter tokens_ = 0, macs_ = 0, dense_macs_ = 0;
  std::vector<Counter> layer_tokens_;  ///< [layers]
};

}  // namespace transkimmer
