#pragma once

#include <string>

#include "features/encoded_dataset.h"
#include "model_files/config/model_config.h"

namespace transkimmer {

/// Throws UsageError where a sequence has no tokens, or more than the model has positions, or a token type
/// that it has no embedding of: a tokenizer's post-processor may say so of any file, and tables are read
/// unchecked. `texts` are named by `origin`.
void require_within_limits(const EncodedDataset& texts, const ModelConfig& config, const std::string& origin);

}  // namespace transkimmer
