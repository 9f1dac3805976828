#pragma once

namespace transkimmer {

/// The hosts that the project fetches from: no other file names one. HF_ENDPOINT replaces the Hub's.
inline constexpr const char* kHubAddress = "https://huggingface.co";

}  // namespace transkimmer
