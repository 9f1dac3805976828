#include "training/runs/input_limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "model_files/tokenizers/tokenizer_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::size_t kUsualMaxLength = 512;

}  // namespace

std::size_t usual_max_length(std::size_t asked, const ModelConfig& config, const Tokenizer& tokenizer) {
  const auto allowed = static_cast<std::size_t>(config.max_tokens());
  if (asked > allowed)
    throw UsageError(fmt::format("--max-length: this model takes at most {} tokens, not {}", allowed, asked));
  return asked > 0 ? asked : std::min(kUsualMaxLength, longest_input(config, tokenizer));
}

void require_within_limits(const EncodedDataset& texts, const ModelConfig& config,
                           const std::string& origin) {
  require_tokens(texts, origin);
  const auto most = static_cast<std::size_t>(config.max_tokens());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts.length(i) > most) {
      throw UsageError(
          fmt::format("{}: text {} makes {} tokens, this model takes at most {}: its tokenizer's "
                      "post_processor adds more "
                      "than is cut, a lower --max-length leaves room for it",
                      origin, i + 1, texts.length(i), most));
    }
  }
  // Models without types are fed none (make_batch).
  if (config.type_vocab_size == 0 || texts.type_ids.empty()) return;
  const auto [least, largest] = std::ranges::minmax(texts.type_ids);
  if (least < 0 || largest >= config.type_vocab_size) {
    throw UsageError(fmt::format(
        "{}: the tokenizer's post_processor gives token type {}, expected 0 to {} (type_vocab_size in "
        "config.json)",
        origin, least < 0 ? least : largest, config.type_vocab_size - 1));
  }
}

}  // namespace transkimmer
