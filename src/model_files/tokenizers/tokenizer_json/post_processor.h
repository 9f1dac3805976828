#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "text/input_layout.h"

namespace transkimmer {

/// What the `post_processor` of a tokenizer.json does.
struct PostProcessing {
  InputLayout layout;
  std::vector<OffsetTrim> offset_trims;
};

/// Ids that stand in for those of a BertProcessing or RobertaProcessing, where the tokenizer's settings name
/// other tokens.
struct ProcessingTokens {
  std::optional<std::int32_t> begin;
  std::optional<std::int32_t> separator;
};

/// TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and sequences of them, as Hugging Face's
/// tokenizers apply them; null is none. Throws FormatError naming `origin` and what is unknown, missing, out
/// of range (ids must be less than `vocabulary_size`) or cannot be applied.
PostProcessing read_post_processor(const nlohmann::json* processor, std::size_t vocabulary_size,
                                   const ProcessingTokens& tokens, const std::string& origin);

}  // namespace transkimmer
