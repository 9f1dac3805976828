#pragma once

#include <string>

#include "base/machine/cpu_quota.h"

namespace transkimmer {

/// Processors that this process may run on (its affinity, which taskset narrows) and keep busy (cpu_quota,
/// which containers have); at least 1.
int available_processors(const ControlGroups& groups = {});

/// The widest vector instructions of this machine that matrix products use: "AVX-512 VNNI", "AVX2", "NEON",
/// ...
std::string simd_description();

/// One line for reports: "<processor model>, <n> processors, <SIMD>". Parts the system does not tell are
/// named unknown.
std::string hardware_description();

}  // namespace transkimmer
