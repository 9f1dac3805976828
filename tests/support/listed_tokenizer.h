#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer.h"

namespace transkimmer::test {

/// A tokenizer whose vocabulary is a list: [PAD] [UNK] [CLS] [SEP] [MASK] and then what the test wants. Text
/// is cut at blanks, and what stands between them is a token or unknown.
class ListedTokenizer final : public Tokenizer {
 public:
  explicit ListedTokenizer(const std::vector<std::string>& ordinary,
                           InputLayout layout = InputLayout::bert(2, 3))
      : Tokenizer({.layout = std::move(layout)}), tokens_({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    tokens_.insert(tokens_.end(), ordinary.begin(), ordinary.end());
  }

  std::string_view algorithm() const override { return "a test's own"; }
  std::vector<Piece> pieces(std::string_view text) const override {
    std::vector<Piece> found;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
      const auto place = std::find(tokens_.begin(), tokens_.end(), text.substr(begin, end - begin));
      if (end > begin)
        found.push_back({place == tokens_.end() ? 1 : static_cast<std::int32_t>(place - tokens_.begin()),
                         {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}});
      begin = end + 1;
    }
    return found;
  }
  std::string_view token(std::int32_t id) const override { return tokens_.at(static_cast<std::size_t>(id)); }
  std::size_t vocabulary_size() const override { return tokens_.size(); }
  const SpecialTokens& special_tokens() const override { return special_; }

  SpecialTokens special_ = {.pad = 0, .unknown = 1, .begin = 2, .separator = 3, .mask = 4};

 private:
  std::vector<std::string> tokens_;
};

/// "w0", "##c0", "w1", "##c1", ...: half of `size` tokens begin words, half continue them.
inline std::vector<std::string> numbered_tokens(std::size_t size) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < size; ++i) tokens.push_back((i % 2 == 0 ? "w" : "##c") + std::to_string(i / 2));
  return tokens;
}

}  // namespace transkimmer::test
