#include "text/wordpiece/word_cover.h"

namespace transkimmer {

WordCover::WordCover(std::span<const std::string> tokens, const std::vector<bool>& allowed,
                     const WordCoverOptions& options)
    : max_characters_(options.max_characters) {
  const std::string& prefix = options.continuing_prefix;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!allowed.at(i)) continue;
    const std::string_view token = tokens[i];
    const auto id = static_cast<std::int32_t>(i);
    starts_.add(token, id);
    if (token.starts_with(prefix)) continuations_.add(token.substr(prefix.size()), id);
  }
}

}  // namespace transkimmer
