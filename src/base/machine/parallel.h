#pragma once

#include <cstddef>
#include <functional>

namespace transkimmer {

/// Calls work(0) ... work(count - 1), each once, on so many threads (0: all processors), the caller's
/// included; a system that refuses a thread gets the work done by fewer. Calls are handed out in order; after
/// one throws, no further ones begin, and the exception of the lowest index is thrown again, whatever the
/// number of threads.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

}  // namespace transkimmer
