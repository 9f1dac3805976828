#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace transkimmer {

/// By what the Hub names a content: its SHA-256 (files in Git LFS), or the SHA-1 that git gives a blob, which
/// takes in the size.
enum class HashKind { sha256, git_blob };

/// Told by the length of a lower-case hexadecimal ETag; nothing for an ETag that is no such hash.
std::optional<HashKind> hash_kind_of(std::string_view etag);

/// A hash of bytes that come piece by piece.
class ContentHash {
 public:
  /// `size`: bytes in all. Throws Error when the cryptographic library refuses.
  ContentHash(HashKind kind, std::uint64_t size);
  void add(std::string_view bytes);
  /// In lower-case hexadecimal digits. Nothing can be added after.
  std::string finish();

 private:
  struct Context;
  std::shared_ptr<Context> context_;
};

}  // namespace transkimmer
