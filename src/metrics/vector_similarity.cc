#include "metrics/vector_similarity.h"

#include <cmath>

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {

double length_of(std::span<const float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

double cosine_similarity(std::span<const float> left, std::span<const float> right) {
  double product = 0;
  for (std::size_t k = 0; k < left.size(); ++k) product += static_cast<double>(left[k]) * right[k];
  const double lengths = length_of(left) * length_of(right);
  return lengths > 0 ? product / lengths : 0;
}

std::vector<double> cosines_of_pairs(std::span<const float> vectors, std::size_t columns) {
  if (columns == 0 || vectors.size() % (2 * columns) != 0)
    throw UsageError(fmt::format("{} values are no pairs of vectors of {} values", vectors.size(), columns));
  const std::size_t pairs = vectors.size() / (2 * columns);
  std::vector<double> cosines(pairs);
  for (std::size_t i = 0; i < pairs; ++i)
    cosines[i] = cosine_similarity(vectors.subspan(i * columns, columns),
                                   vectors.subspan((pairs + i) * columns, columns));
  return cosines;
}

}  // namespace transkimmer
