#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <vector>

#include "base/files/file.h"

namespace transkimmer {

/// What token ids are made with and from. Ids mean nothing without it, so the file remembers.
struct TokenFileOrigin {
  std::uint64_t tokenizer = 0;        ///< tokenizer_fingerprint()
  std::uint64_t vocabulary_size = 0;  ///< every id is below it
  std::uint64_t text_bytes = 0;       ///< of the files that were tokenised
  bool operator==(const TokenFileOrigin&) const = default;
};

/// Writes a token file: a corpus as token ids, documents end to end. All numbers are little-endian.
///
///   header, 32 bytes   the eight characters "TSKTOKEN"; u32 version (1); u32 bytes per token, 2 or 4;
///                      u64 tokenizer fingerprint; u64 vocabulary size
///   tokens             one u16 or u32 each (u16 when the vocabulary has at most 65536 entries), then zero
///                      bytes up to a multiple of 8
///   document starts    u64 each, in tokens: one per document, and the number of tokens at the end
///   trailer, 32 bytes  u64 documents; u64 tokens; u64 bytes of text; the eight characters "NEKOTKST"
///
/// The counts stand at the end so that a corpus is written as it is read, in one pass; a file without its
/// end is a file that was cut short.
class TokenFileWriter {
 public:
  /// `out` must outlive the writer. Throws UsageError for an empty vocabulary.
  TokenFileWriter(std::ostream& out, const TokenFileOrigin& origin);
  /// Appends a document; one without tokens leaves no trace. Throws UsageError for an id out of range.
  void add(std::span<const std::int32_t> document);
  void finish();

  std::uint64_t documents() const { return starts_.size() - 1; }
  std::uint64_t tokens() const { return starts_.back(); }

 private:
  std::ostream& out_;
  TokenFileOrigin origin_;
  std::vector<std::uint64_t> starts_ = {0};
};

/// A token file, mapped into memory: as many tokens as the disk holds, read where they are needed.
class TokenFile {
 public:
  /// Checks all of it, ids included, before anything is used. Throws IoError, FormatError naming the file.
  static TokenFile open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const TokenFileOrigin& origin() const { return origin_; }
  std::uint64_t documents() const { return documents_; }
  std::uint64_t tokens() const { return tokens_; }
  /// Of the tokens and of where documents begin.
  std::uint64_t fingerprint() const;
  /// The first token of document `i`; of `documents()`, the end.
  std::uint64_t start(std::uint64_t i) const;
  std::uint64_t length(std::uint64_t i) const { return start(i + 1) - start(i); }
  /// Copies tokens [begin, begin + out.size()), which may cross documents.
  void copy(std::uint64_t begin, std::span<std::int32_t> out) const;

 private:
  TokenFile(std::filesystem::path path, MappedFile file);
  [[noreturn]] void fail(const std::string& what) const;
  void read_ends();
  void check_starts() const;
  void check_ids() const;

  std::filesystem::path path_;
  MappedFile file_;
  TokenFileOrigin origin_;
  std::uint64_t width_ = 0, documents_ = 0, tokens_ = 0;
  std::uint64_t starts_at_ = 0;  ///< byte offset
};

}  // namespace transkimmer
