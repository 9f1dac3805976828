#pragma once

#include <memory>

#include "model_files/tokenizers/tokenizer_json/models.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_parts.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// The tokenizer of whatever parts the file names, whose vocabulary has been read. Throws FormatError naming
/// the field.
std::unique_ptr<const Tokenizer> read_pipeline(WordModelKind kind, TokenizerParts& parts);

}  // namespace transkimmer
