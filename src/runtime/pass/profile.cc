#include "runtime/pass/profile.h"

namespace transkimmer {

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::embeddings:
      return "embeddings";
    case Operation::predictors:
      return "skim predictors";
    case Operation::compaction:
      return "compaction";
    case Operation::query_key_value:
      return "query, key, value";
    case Operation::attention:
      return "attention";
    case Operation::attention_output:
      return "attention output";
    case Operation::feed_forward_in:
      return "feed-forward in";
    case Operation::feed_forward_out:
      return "feed-forward out";
    case Operation::layer_norm:
      return "residual, LayerNorm";
    case Operation::quantization:
      return "quantisation";
    case Operation::head:
      return "head";
  }
  return "unknown";
}

OperationTimes& OperationTimes::operator+=(const OperationTimes& other) {
  for (std::size_t i = 0; i < totals.size(); ++i) {
    totals[i].seconds += other.totals[i].seconds;
    totals[i].macs += other.totals[i].macs;
  }
  return *this;
}

double Profile::waiting() const {
  double busy = 0;
  for (const OperationTotals& one : operations.totals) busy += one.seconds;
  return static_cast<double>(threads) * seconds - busy;
}

Profile& Profile::operator+=(const Profile& other) {
  operations += other.operations;
  seconds += other.seconds;
  threads = other.threads;
  return *this;
}

}  // namespace transkimmer
