#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace transkimmer {

/// How the Hub is reached and where its files are kept, in the words of huggingface_hub's environment
/// variables.
struct HubSettings {
  std::string endpoint = {};  ///< HF_ENDPOINT, without a slash at the end
  std::filesystem::path cache =
      {};  ///< HF_HUB_CACHE, else "hub" below HF_HOME, else below ~/.cache/huggingface
  /// Data sets, which are ours alone: "transkimmer/datasets" below HF_HOME, else below ~/.cache/huggingface.
  std::filesystem::path data = {};
  std::string token = {};  ///< HF_TOKEN, else what HF_TOKEN_PATH or "token" below HF_HOME holds; or empty
  std::filesystem::path token_file = {};            ///< where a token would be kept
  bool offline = false;                             ///< HF_HUB_OFFLINE
  bool links = true;                                ///< unless HF_HUB_DISABLE_SYMLINKS: files are copied then
  std::chrono::seconds answer_timeout{10};          ///< HF_HUB_ETAG_TIMEOUT: to say what there is
  std::chrono::seconds download_timeout{10};        ///< HF_HUB_DOWNLOAD_TIMEOUT: without a byte of a file
  int attempts = 5;                                 ///< at a request that fails for a reason that may pass
  int listing_attempts = 5;                         ///< the same at asking what a name means
  std::chrono::milliseconds first_pause{1000};      ///< between two of them; doubled each time
  std::chrono::milliseconds longest_pause{60'000};  ///< a server that asks for more (Retry-After) gets none

  /// Throws UsageError naming the variable and what was expected; IoError for a token file that cannot be
  /// read.
  static HubSettings from_environment();
};

}  // namespace transkimmer
