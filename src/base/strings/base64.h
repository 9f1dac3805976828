#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace transkimmer {

/// The bytes that Base64 spells, with `=` up to a multiple of four characters; nothing where it is none.
std::optional<std::string> from_base64(std::string_view text);

/// Bytes in Base64, with `=` up to a multiple of four characters.
std::string to_base64(std::string_view bytes);

}  // namespace transkimmer
