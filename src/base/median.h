#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace transkimmer {

/// The middle one of `values`, or the mean of the two in the middle; 0 of none.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace transkimmer
