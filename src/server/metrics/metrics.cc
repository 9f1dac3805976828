#include "server/metrics/metrics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/cost.h"

namespace transkimmer {
namespace {

/// 35 bounds of seconds, each half again the one before it.
std::vector<double> duration_bounds() {
  std::vector<double> bounds;
  double bound = 0.000015;
  for (int i = 0; i < 35; ++i, bound *= 1.5) bounds.push_back(bound);
  return bounds;
}

std::vector<double> powers_of_two(int last) {
  std::vector<double> bounds;
  for (int i = 0; i <= last; ++i) bounds.push_back(std::ldexp(1.0, i));
  return bounds;
}

void write_head(std::string_view name, std::string_view type, std::string_view help, std::string& text) {
  text += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void write_counter(std::string_view name, std::string_view help, std::uint64_t value, std::string& text) {
  write_head(name, "counter", help, text);
  text += fmt::format("{} {}\n", name, value);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

void Histogram::write(std::string_view name, std::string& text) const {
  const std::lock_guard lock(mutex_);
  text += fmt::format("# TYPE {} histogram\n", name);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    below += counts_[i];
    text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, bounds_[i], below);
  }
  below += counts_.back();
  text += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name, below, sum_);
}

Metrics::Times Metrics::make_times() {
  return {Histogram(duration_bounds()), Histogram(duration_bounds()), Histogram(duration_bounds()),
          Histogram(duration_bounds())};
}

Metrics::Metrics(const ModelSpec& spec)
    : spec_(spec),
      input_length_(powers_of_two(16)),
      batch_size_(powers_of_two(12)),
      batch_tokens_(powers_of_two(20)),
      pass_duration_(duration_bounds()),
      layer_tokens_(spec.layers.size()) {}

void Metrics::count_request(bool batch) {
  ++(batch ? requests_batch_ : requests_single_);
}

void Metrics::count_success(bool batch, RequestKind kind, std::size_t inputs, const RequestTimes& times) {
  ++(batch ? successes_batch_ : successes_single_);
  const auto observe = [&](Times& of) {
    of[0].observe(times.total);
    of[1].observe(times.tokenization);
    of[2].observe(times.queue);
    of[3].observe(times.inference);
  };
  observe(request_times_);
  if (kind == RequestKind::other) return;
  (kind == RequestKind::embed ? embed_successes_ : prediction_successes_) += inputs;
  observe(kind == RequestKind::embed ? embed_times_ : predict_times_);
}

void Metrics::count_failure(std::string_view failure) {
  if (failure.empty()) return;
  const std::lock_guard lock(failures_mutex_);
  ++failures_[std::string(failure)];
}

void Metrics::count_input(RequestKind kind, std::size_t tokens) {
  if (kind != RequestKind::other) ++(kind == RequestKind::embed ? embeds_ : predictions_);
  input_length_.observe(static_cast<double>(tokens));
}

void Metrics::count_sequence(std::size_t tokens, const std::vector<std::uint32_t>& kept) {
  tokens_ += tokens;
  macs_ += skimmed_cost(spec_, tokens, kept).count;
  dense_macs_ += dense_cost(spec_, tokens).count;
}

void Metrics::count_pass(const PassReport& pass) {
  batch_size_.observe(static_cast<double>(pass.sequences));
  batch_tokens_.observe(static_cast<double>(pass.tokens));
  pass_duration_.observe(pass.seconds);
  for (std::size_t i = 0; i < std::min(layer_tokens_.size(), pass.kept.size()); ++i)
    layer_tokens_[i] += pass.kept[i];
}

void Metrics::write_counters(std::string& text) const {
  write_head("te_request_count", "counter", "Requests with inputs for the model", text);
  text += fmt::format("te_request_count{{method=\"single\"}} {}\nte_request_count{{method=\"batch\"}} {}\n",
                      requests_single_.load(), requests_batch_.load());
  write_head("te_request_success", "counter", "Those that were answered", text);
  text +=
      fmt::format("te_request_success{{method=\"single\"}} {}\nte_request_success{{method=\"batch\"}} {}\n",
                  successes_single_.load(), successes_batch_.load());
  write_head("te_request_failure", "counter", "Those that were not, by what was wrong", text);
  {
    const std::lock_guard lock(failures_mutex_);
    for (const auto& [name, count] : failures_)
      text += fmt::format("te_request_failure{{err=\"{}\"}} {}\n", name, count);
  }
  write_counter("te_embed_count", "Texts to embed", embeds_, text);
  write_counter("te_embed_success", "Texts embedded", embed_successes_, text);
  write_counter("te_predict_count", "Texts to predict labels or scores of", predictions_, text);
  write_counter("te_predict_success", "Texts predicted", prediction_successes_, text);
}

void Metrics::write_skimming(std::string& text) const {
  write_counter("transkimmer_tokens_total", "Tokens of the sequences that were run", tokens_, text);
  write_head("transkimmer_layer_tokens_total", "counter", "Tokens that each layer computed", text);
  for (std::size_t i = 0; i < layer_tokens_.size(); ++i)
    text += fmt::format("transkimmer_layer_tokens_total{{layer=\"{}\"}} {}\n", i, layer_tokens_[i].load());
  write_counter("transkimmer_macs_total", "Multiply-accumulates computed", macs_, text);
  write_counter("transkimmer_dense_macs_total", "Multiply-accumulates without skimming", dense_macs_, text);
}

std::string Metrics::text(std::size_t queue_size) const {
  std::string text;
  write_counters(text);
  constexpr std::array<std::string_view, 4> kTimes = {"duration", "tokenization_duration", "queue_duration",
                                                      "inference_duration"};
  for (std::size_t i = 0; i < kTimes.size(); ++i) {
    request_times_[i].write(fmt::format("te_request_{}", kTimes[i]), text);
    embed_times_[i].write(fmt::format("te_embed_{}", kTimes[i]), text);
    predict_times_[i].write(fmt::format("te_predict_{}", kTimes[i]), text);
  }
  input_length_.write("te_request_input_length", text);
  batch_size_.write("te_batch_next_size", text);
  batch_tokens_.write("te_batch_next_tokens", text);
  pass_duration_.write("transkimmer_pass_duration", text);
  write_head("te_queue_size", "gauge", "Sequences that wait for a pass", text);
  text += fmt::format("te_queue_size {}\n", queue_size);
  write_skimming(text);
  return text;
}

}  // namespace transkimmer
