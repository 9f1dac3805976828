#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model_files/config/model_config.h"
#include "model_files/tokenizers/settings/tokenizer_settings.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// The tokenizer that the text of a `tokenizer.json` describes. BERT's and RoBERTa's own combinations of
/// parts are run in one pass, all others by a PipelineTokenizer. What `settings` says goes before what the
/// text says, as in transformers. Truncation, padding and decoder are not looked at. Throws FormatError
/// naming `origin` and what is unsupported, missing or out of range.
std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& origin,
                                                      const ModelConfig& config,
                                                      const TokenizerSettings& settings = {});

}  // namespace transkimmer
