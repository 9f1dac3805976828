#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace transkimmer {

/// What a forward pass spends its time on.
enum class Operation : std::uint8_t {
  embeddings,
  predictors,        ///< the skim margins of rows
  compaction,        ///< moving the rows that stay together
  query_key_value,   ///< their product
  attention,         ///< scores, softmax and weighted sums
  attention_output,  ///< the product behind attention
  feed_forward_in,   ///< with GELU
  feed_forward_out,
  layer_norm,    ///< with the residual, and rounding for the next product
  quantization,  ///< passes that only make an int8 operand
  head
};
inline constexpr std::size_t kOperationCount = static_cast<std::size_t>(Operation::head) + 1;

/// "attention", "feed-forward in", ...
std::string_view name_of(Operation operation);

/// What an operation took in a pass.
struct OperationTotals {
  double seconds = 0;      ///< added over threads
  std::uint64_t macs = 0;  ///< multiply-accumulates of products and attention; 0 for passes over rows
};

/// Time and arithmetic by operation.
struct OperationTimes {
  std::array<OperationTotals, kOperationCount> totals{};

  OperationTotals& of(Operation operation) { return totals[static_cast<std::size_t>(operation)]; }
  const OperationTotals& of(Operation operation) const { return totals[static_cast<std::size_t>(operation)]; }
  OperationTimes& operator+=(const OperationTimes& other);
};

/// Where the time of forward passes went. What is in no operation, `threads * seconds` less their sum, was
/// spent waiting for other threads and handing out work.
struct Profile {
  OperationTimes operations;
  double seconds = 0;  ///< from begin to end
  int threads = 1;

  /// Seconds of all threads outside every operation.
  double waiting() const;
  Profile& operator+=(const Profile& other);
};

/// Counts the time until its end as one operation's; does nothing without somewhere to count it.
class OperationTimer {
 public:
  OperationTimer(OperationTimes* times, Operation operation, std::uint64_t macs = 0)
      : totals_(times == nullptr ? nullptr : &times->of(operation)) {
    if (totals_ == nullptr) return;
    totals_->macs += macs;
    start_ = std::chrono::steady_clock::now();
  }
  OperationTimer(const OperationTimer&) = delete;
  OperationTimer& operator=(const OperationTimer&) = delete;
  ~OperationTimer() {
    if (totals_ == nullptr) return;
    totals_->seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  OperationTotals* totals_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace transkimmer
