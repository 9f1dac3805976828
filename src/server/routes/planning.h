#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/routes/route.h"

namespace transkimmer {

/// Keys appear in the order they are written.
using OrderedJson = nlohmann::ordered_json;

/// Puts a plan together out of what all routes have in common: truncate, truncation_direction and
/// skim_threshold, the limits of the server, and sequences.
class Planning {
 public:
  /// Throws RequestError for a field that is wrong.
  Planning(const RouteContext& context, const RequestFields& fields);

  /// To be called before work is spent on inputs. Throws RequestError where there are none of them, more than
  /// a client may send at once, or more than the server has room for at present.
  void admit(std::size_t inputs, bool batch, const char* key = "inputs");
  /// A sequence that is to be run, and the text that it came from.
  void add(const Encoding& encoding, std::string_view text);
  /// The same of an item that is there already.
  void add(BatchItem item);
  void count_characters(std::string_view text);

  const CutOptions& cut() const { return cut_; }
  std::optional<double> skim_threshold() const { return skim_threshold_; }
  Plan finish(std::function<HttpResponse(std::vector<BatchedResult>& results)> answer);

 private:
  const RouteContext& context_;
  CutOptions cut_;
  std::optional<double> skim_threshold_;
  Plan plan_;
};

/// A plan whose answer is there already.
Plan finished(HttpResponse response);
/// JSON as an answer; bytes that are no UTF-8 (a vocabulary may have some) become U+FFFD.
HttpResponse json_response(const OrderedJson& value);
/// The numbers of a vector as JSON spells them, in as many digits as give the same number back.
void append_values(std::span<const float> values, std::string& text);


}  // namespace transkimmer
