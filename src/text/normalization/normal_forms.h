#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/normalization/aligned_text.h"

namespace transkimmer {

enum class NormalForm : std::uint8_t { nfc, nfd, nfkc, nfkd };

/// The characters of a text (valid UTF-8) in a normal form of Unicode, in the terms of a TextRewriter.
std::vector<ChangedCharacter> in_normal_form(std::string_view text, NormalForm form);

}  // namespace transkimmer
