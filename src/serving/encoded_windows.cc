#include "serving/encoded_windows.h"

#include <algorithm>
#include <utility>

namespace transkimmer {

EncodedWindows::EncodedWindows(std::size_t count, WindowTokens sizes, Encode encode)
    : count_(count), sizes_(sizes), encode_(std::move(encode)) {}

std::optional<EncodedWindow> EncodedWindows::next() {
  EncodedWindow window;
  if (!begun_) {
    begun_ = true;
    window = make(0, sizes_.first);
  } else if (ahead_.valid()) {
    window = ahead_.get();
  }
  if (window.encodings.empty()) return std::nullopt;
  const std::size_t following = window.first + window.encodings.size();
  if (following < count_) {
    sizes_.first = sizes_.first > sizes_.largest / 2 ? sizes_.largest : 2 * sizes_.first;
    // Either policy, so that a system that refuses a thread costs the overlap and not the result.
    ahead_ = std::async(std::launch::async | std::launch::deferred,
                        [this, following, tokens = sizes_.first] { return make(following, tokens); });
  }
  return window;
}

EncodedWindow EncodedWindows::make(std::size_t first, std::size_t tokens) const {
  EncodedWindow window{first, {}};
  std::size_t made = 0;
  for (std::size_t i = first; i < count_ && made < tokens; ++i)
    made += window.encodings.emplace_back(encode_(i)).ids.size();
  return window;
}

}  // namespace transkimmer
