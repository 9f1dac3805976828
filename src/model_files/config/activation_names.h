#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/activation.h"

namespace transkimmer {

/// What transformers' ACT2FN has under this name; nothing where it is none that feed-forward layers may have
/// here.
std::optional<Activation> activation_named(std::string_view name);

/// The name that config.json gets. Throws UsageError for one that feed-forward layers do not have.
std::string_view name_of(Activation activation);

/// "\"gelu\", \"gelu_new\" or ...", for messages.
std::string activation_names();

}  // namespace transkimmer
