#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace transkimmer {

/// Streams the documents of plain text, in files and in directories, for whatever learns from text without
/// labels.
///
///   TextCorpus corpus({"wikipedia/", "reviews.jsonl"});
///   while (const auto document = corpus.next()) learn_from(*document);
///
/// A directory stands for all regular files below it, in the order of their paths (by bytes); names that
/// begin with a dot are passed over, and links to directories are not followed. Files are read in one of two
/// ways:
///   - `.jsonl` and `.json`: one JSON object per line, whose member "text" is a document;
///   - everything else is plain text, and one file is one document. If it has lines `<doc ...>` and `</doc>`
///     (extracts of Wikipedia), each block between them is a document; text outside of blocks is one too, and
///     a block that is not closed ends where the next one begins, or with the file.
/// Documents without any text are passed over. The HTML tag `<br>`, also written `<br/>` or `<br />`, becomes
/// the line break that it means; other markup is left as it is. A byte-order mark and the last line's end are
/// dropped, the other line ends of plain text are LF. Bytes that are not UTF-8 are passed on, for the
/// tokenizers to read them as U+FFFD; in JSON they are an error.
///
/// Memory is bounded whatever the files hold: a longer document comes as several, cut between lines, or else
/// between words, into parts of at most `kMaxDocumentBytes`; a JSON line may have `kMaxJsonLineBytes`.
class TextCorpus {
 public:
  /// A few hundred thousand tokens: far more than a sequence has, and small beside a model.
  static constexpr std::size_t kMaxDocumentBytes = 1 << 20;
  /// The longest books fit; parsing takes up to some 20 times as much.
  static constexpr std::size_t kMaxJsonLineBytes = 16 << 20;

  /// Lists the files. Throws UsageError when `sources` is empty, IoError naming the path that is not there or
  /// cannot be listed, FormatError for a directory without files.
  explicit TextCorpus(std::vector<std::filesystem::path> sources);
  TextCorpus(TextCorpus&& other) noexcept;
  TextCorpus& operator=(TextCorpus&& other) noexcept;
  ~TextCorpus();

  /// The next document, nothing at the end. Throws IoError naming the file, FormatError naming the file (and
  /// line): JSON that is malformed, lacks "text" or is too long, UTF-16 text, a compressed file.
  std::optional<std::string> next();

  /// How far reading has come, of total_bytes(); both in bytes of the files as they are stored. The total is
  /// what the files had at construction.
  std::uint64_t bytes_read() const;
  std::uint64_t total_bytes() const { return total_bytes_; }
  /// The files that are read, in order.
  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  class File;

  void list(const std::filesystem::path& source);

  std::vector<std::filesystem::path> files_;
  std::uint64_t total_bytes_ = 0;
  std::size_t next_file_ = 0;
  std::uint64_t finished_bytes_ = 0;  // of files read to their end
  std::unique_ptr<File> file_;        // being read, or null between files
};

}  // namespace transkimmer
