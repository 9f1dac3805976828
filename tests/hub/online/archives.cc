#include "hub/online/archives.h"

#include <memory>
#include <stdexcept>

#include <archive.h>
#include <archive_entry.h>

namespace transkimmer::test {
namespace {

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

void require(archive* writer, la_ssize_t code) {
  if (code < 0) throw std::runtime_error(archive_error_string(writer));
}

la_ssize_t append(archive*, void* text, const void* bytes, std::size_t count) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

void add(archive* writer, const ArchiveEntry& entry) {
  const Entry header(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(header.get(), entry.path.c_str());
  archive_entry_set_perm(header.get(), entry.folder ? 0755 : 0644);
  archive_entry_set_filetype(header.get(), entry.folder ? AE_IFDIR : entry.device ? AE_IFIFO : AE_IFREG);
  archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.content.size()));
  if (!entry.link.empty()) {
    archive_entry_set_filetype(header.get(), AE_IFLNK);
    archive_entry_set_symlink(header.get(), entry.link.c_str());
  }
  if (!entry.hard_link.empty()) archive_entry_set_hardlink(header.get(), entry.hard_link.c_str());
  require(writer, archive_write_header(writer, header.get()));
  if (!entry.content.empty())
    require(writer, archive_write_data(writer, entry.content.data(), entry.content.size()));
}

}  // namespace

std::string ending_of(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::zip:
      return "zip";
    case ArchiveKind::tar:
      return "tar";
    case ArchiveKind::tar_gz:
      return "tar.gz";
    case ArchiveKind::tar_bz2:
      return "tar.bz2";
    case ArchiveKind::tar_xz:
      return "tar.xz";
  }
  throw std::logic_error("kind out of range");
}

std::string archive_of(ArchiveKind kind, const std::vector<ArchiveEntry>& entries) {
  std::string bytes;
  const Writer writer(archive_write_new(), archive_write_free);
  if (kind == ArchiveKind::zip) {
    archive_write_set_format_zip(writer.get());
  } else {
    archive_write_set_format_pax_restricted(writer.get());
  }
  if (kind == ArchiveKind::tar_gz) archive_write_add_filter_gzip(writer.get());
  if (kind == ArchiveKind::tar_bz2) archive_write_add_filter_bzip2(writer.get());
  if (kind == ArchiveKind::tar_xz) archive_write_add_filter_xz(writer.get());
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  require(writer.get(), archive_write_open(writer.get(), &bytes, nullptr, append, nullptr));
  for (const ArchiveEntry& entry : entries) add(writer.get(), entry);
  require(writer.get(), archive_write_close(writer.get()));
  return bytes;
}

}  // namespace transkimmer::test
