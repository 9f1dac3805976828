#include "text/vocabulary.h"

#include "transkimmer/error.h"

namespace transkimmer {

std::string_view Vocabulary::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) {
    throw UsageError("there is no token " + std::to_string(id) + ": the vocabulary has " +
                     std::to_string(tokens_.size()) + " tokens");
  }
  return tokens_[static_cast<std::size_t>(id)];
}

}  // namespace transkimmer
