#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {

/// A token of a text beside what a model says of it.
struct ScoredToken {
  std::uint32_t index = 0;               ///< in the model's input
  ByteRange range;                       ///< of its text
  bool second = false;                   ///< of the second text of a pair
  bool goes_on = false;                  ///< see goes_on_word
  std::span<const float> probabilities;  ///< [labels]
};

/// Whether Hugging Face's pipeline takes the token for one that does not begin a word: where the vocabulary
/// marks such tokens, one that is spelled longer or shorter than it stands in the text; else one without a
/// blank before it. Never so of an unknown token. `text` is the text that the token stands in.
bool goes_on_word(const Tokenizer& tokenizer, std::int32_t id, ByteRange range, std::string_view text);

/// The entities of one input, as the pipeline joins them. `labels` names the classes.
std::vector<Entity> aggregate(std::span<const ScoredToken> tokens, std::span<const std::string> labels,
                              Aggregation aggregation);

}  // namespace transkimmer
