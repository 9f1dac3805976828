#pragma once

#include <cstdint>
#include <functional>

#include "base/notice.h"

namespace transkimmer {

/// Who hears what a fetch is about.
struct FetchObserver {
  NoticeHandler notices = {};
  /// Bytes of those that have to come, in all files together; from one thread at a time.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

}  // namespace transkimmer
