#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <vector>

#include "text/tokenizer.h"

namespace transkimmer {

/// Neighbouring inputs as token ids.
struct EncodedWindow {
  std::size_t first = 0;  ///< index of the first of them
  std::vector<Encoding> encodings;
};

/// How many tokens a window holds, at least; the last has what is left. Windows double from the first to the
/// largest: the first results come soon, and later windows leave much to choose from when they are cut into
/// batches.
struct WindowTokens {
  std::size_t first = 0;
  std::size_t largest = 0;
};

/// Inputs tokenised in order, a window at a time. While the reader works on one window, the next is made on a
/// thread of its own.
class EncodedWindows {
 public:
  using Encode = std::function<Encoding(std::size_t index)>;

  /// `encode` makes the ids of input 0 to count - 1; it runs on the reader's thread for the first window and
  /// on another for the rest, one call at a time.
  EncodedWindows(std::size_t count, WindowTokens sizes, Encode encode);

  /// The next window; nothing after the last. Throws what `encode` threw in it.
  std::optional<EncodedWindow> next();

 private:
  EncodedWindow make(std::size_t first, std::size_t tokens) const;

  std::size_t count_;
  WindowTokens sizes_;
  Encode encode_;
  bool begun_ = false;
  /// Last, so that it is waited for before anything that it reads goes away.
  std::future<EncodedWindow> ahead_;
};

}  // namespace transkimmer
