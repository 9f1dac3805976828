#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// What every BERT vocabulary begins with; the place is the id.
inline constexpr std::array<std::string_view, 5> bert_special_tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                                        "[MASK]"};

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
