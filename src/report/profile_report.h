#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/pass/profile.h"

namespace transkimmer {

/// Operations with their time per pass, share of the time of all threads and, where they multiply, GFLOP/s
/// (two operations a multiply-accumulate) as if all threads worked at the rate of one. `passes` were profiled
/// together.
std::string profile_table(const Profile& profile, std::size_t passes);
/// The same rows as an array of {"operation", "milliseconds", "share"}, with "gflops" where they multiply.
nlohmann::ordered_json as_json(const Profile& profile, std::size_t passes);

}  // namespace transkimmer
