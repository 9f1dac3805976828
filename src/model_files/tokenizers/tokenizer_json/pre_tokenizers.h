#pragma once

#include <optional>
#include <vector>

#include "model_files/tokenizers/tokenizer_json/component.h"
#include "text/splitting/word_splitter.h"

namespace transkimmer {

/// The steps that pre-tokenizers make up, sequences taken apart. Throws FormatError naming what is unknown,
/// missing or wrong.
std::vector<WordSplitter> read_pre_tokenizers(const std::vector<Component>& pre_tokenizers);

/// Whether one of them puts a blank, or what stands for one, before a text; nothing where none may.
std::optional<bool> puts_prefix_space(const std::vector<Component>& pre_tokenizers);

}  // namespace transkimmer
