#pragma once

#include <cstddef>
#include <string>

#include "features/encoded_dataset.h"
#include "model_files/config/model_config.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// Throws UsageError where a sequence has no tokens, or more than the model has positions, or a token type
/// that it has no embedding of: a tokenizer's post-processor may say so of any file, and tables are read
/// unchecked. `texts` are named by `origin`.
void require_within_limits(const EncodedDataset& texts, const ModelConfig& config, const std::string& origin);

/// The most tokens of an input: `asked`, or where that is 0 512, or fewer if the model or its tokenizer take
/// fewer. Throws UsageError where the model takes fewer than are asked for.
std::size_t usual_max_length(std::size_t asked, const ModelConfig& config, const Tokenizer& tokenizer);

}  // namespace transkimmer
