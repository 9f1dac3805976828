#pragma once

#include <filesystem>

namespace transkimmer {

/// The encoder that ships with the project: what fine-tuning begins with unless told otherwise.
inline constexpr const char* kShippedEncoder = "transkimmer-mini-uncased";

/// The directory that `model` means: itself, where there is one, or else the model of this name that ships
/// with the project, which is looked for in $TRANSKIMMER_MODELS, in share/transkimmer/models beside the
/// program's directory, and in the source tree that the program was built from. A name that is found nowhere
/// comes back as it is: whoever opens it says what is missing.
std::filesystem::path model_directory(const std::filesystem::path& model);

}  // namespace transkimmer
