#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// What every BERT vocabulary begins with; the place is the id.
inline constexpr std::array<std::string_view, 5> kBertSpecialTokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                                       "[MASK]"};

/// The tokens of a vocabulary, by id. The first of them are the model's own, of which words are made; behind
/// them stand added tokens, which are found in texts as they stand and never inside of words.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// All are the model's own.
  explicit Vocabulary(std::vector<std::string> tokens)
      : tokens_(std::move(tokens)), model_size_(tokens_.size()) {}
  Vocabulary(std::vector<std::string> tokens, std::size_t model_size)
      : tokens_(std::move(tokens)), model_size_(model_size) {}

  std::size_t size() const { return tokens_.size(); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  /// The model's own.
  std::span<const std::string> model_tokens() const { return {tokens_.data(), model_size_}; }
  /// How many are the model's own.
  std::size_t model_size() const { return model_size_; }
  /// Throws UsageError for an id out of range.
  std::string_view token(std::int32_t id) const;

 private:
  std::vector<std::string> tokens_;
  std::size_t model_size_ = 0;
};

}  // namespace transkimmer
