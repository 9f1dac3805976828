#pragma once

#include "model_files/config/model_config.h"

namespace transkimmer {

/// The same model with another head: what config.json says of each head (DistilBERT has a dropout for each)
/// is read anew for this one. The labels stay. Throws FormatError as ModelConfig::parse does.
ModelConfig with_head(ModelConfig config, HeadKind head);

}  // namespace transkimmer
