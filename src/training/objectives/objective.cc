#include "training/objectives/objective.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {

void TrainingObjective::keep_budget(TrainingModel&, double) const {
  throw UsageError("--target-compute is for tasks, which have texts to set the threshold by");
}

std::string chief_of(const std::vector<std::string>& known, const std::string& wanted) {
  if (known.empty() && !wanted.empty())
    throw UsageError("--metric-for-best-model needs validation data, which there is none of");
  if (wanted.empty()) return known.empty() ? std::string() : known.front();
  constexpr std::string_view kPrefix = "eval_";
  const std::string name = wanted.starts_with(kPrefix) ? wanted.substr(kPrefix.size()) : wanted;
  if (std::ranges::find(known, name) == known.end())
    throw UsageError(fmt::format("--metric-for-best-model is {}, expected one of {}", in_quotes(wanted),
                                 fmt::join(known, ", ")));
  return name;
}

}  // namespace transkimmer
