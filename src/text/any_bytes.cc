#include "text/any_bytes.h"

#include <cstdint>
#include <limits>

#include "transkimmer/error.h"

namespace transkimmer {

void check_text_size(std::size_t bytes) {
  if (bytes >= std::numeric_limits<std::uint32_t>::max()) {
    throw UsageError("a text of " + std::to_string(bytes) +
                     " bytes is too long to tokenize; the limit is 4 GiB");
  }
}

}  // namespace transkimmer
