#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// The tokens of a vocabulary, by id.
class Vocabulary {
 public:
  Vocabulary() = default;
  explicit Vocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}

  std::size_t size() const { return tokens_.size(); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  /// Throws UsageError for an id out of range.
  std::string_view token(std::int32_t id) const;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace transkimmer
