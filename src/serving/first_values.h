#pragma once

#include <cstddef>
#include <vector>

namespace transkimmer {

/// The first `dimensions` values of a vector that has as many, made of length 1 where `normalize` says so and
/// they are not all zero.
std::vector<float> first_values(std::vector<float> values, std::size_t dimensions, bool normalize);

}  // namespace transkimmer
