#pragma once

#include <cstddef>
#include <functional>

// The program that these are linked to has operators new and delete of its own, which they watch.
namespace transkimmer::test {

/// How many allocations of at least so many bytes all threads make while `act` runs.
int allocations_during(std::size_t least_bytes, const std::function<void()>& act);

/// Runs `act` with memory for so many allocations of this thread; the next one throws std::bad_alloc.
void with_allocations(int allowed, const std::function<void()>& act);

}  // namespace transkimmer::test
