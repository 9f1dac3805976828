#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "text/added_tokens.h"

namespace transkimmer {

/// An added token as tokenizer.json and tokenizer_config.json spell one: {"content": "[ent]", "lstrip":
/// false,
/// ...}; what is absent is false, and `normalized` the opposite of `special`. An id is left alone. `prefix`
/// goes before keys in messages; `special` goes before what the object says. Throws FormatError naming
/// `origin` and the key.
AddedToken read_added_token(const nlohmann::json& object, const std::string& origin,
                            const std::string& prefix, std::optional<bool> special = std::nullopt);

}  // namespace transkimmer
