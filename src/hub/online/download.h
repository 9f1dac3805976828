#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "hub/online/content.h"
#include "hub/online/hub_client.h"

namespace transkimmer {

/// Where a content goes, and who hears of it.
struct Download {
  std::filesystem::path blob;
  /// Whether no other process writes it: then what an earlier one left in BLOB.incomplete is gone on with.
  bool exclusive = true;
  /// Bytes that came; negative when they have to come again.
  std::function<void(std::int64_t bytes)> on_bytes = {};
  const std::atomic<bool>* stop = nullptr;  ///< ends the transfer when it becomes true
};

/// Bytes of a content of so many that an earlier download left and that need not come again.
std::uint64_t bytes_left_behind(const Download& download, std::uint64_t size);

/// Fetches a content: after a cut it goes on from there, and it gets its name once its size and hash are
/// those that are stated. Throws what HubClient::read does; ConnectionError when it does not come whole;
/// FormatError when the bytes are others than stated, which are removed; IoError when they cannot be written;
/// Stopped.
void download(HubClient& client, const Content& content, const Download& download);

/// Another transfer has failed, and this one ended for it.
class Stopped : public Error {
 public:
  Stopped() : Error("stopped") {}
};

}  // namespace transkimmer
