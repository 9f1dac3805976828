#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace transkimmer {

/// Euclidean length.
double length_of(std::span<const float> vector);

/// Cosine of the angle between two vectors of one length; 0 where one of them is zero.
double cosine_similarity(std::span<const float> left, std::span<const float> right);

/// Of vectors [2 * pairs, columns], first ones before second ones: the cosine of each pair, [pairs]. Throws
/// UsageError for another number of values.
std::vector<double> cosines_of_pairs(std::span<const float> vectors, std::size_t columns);

}  // namespace transkimmer
