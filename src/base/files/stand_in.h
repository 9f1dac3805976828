#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace transkimmer {

/// Throws FormatError, starting with `origin`, when what lies in a file's place is not the file: a Git LFS
/// pointer (a repository cloned without Git LFS), or an HTML page (a download that ended at a login or an
/// error). Read as the file itself, either would be reported as damage. `content` is the file or at least its
/// first 1024 bytes.
void reject_stand_in(std::string_view content, const std::string& origin);

/// The same of a pointer alone.
void reject_lfs_pointer(std::string_view content, const std::string& origin);

/// read_file of a file that comes from elsewhere: such stand-ins are told. Throws as both do.
std::string read_downloaded_file(const std::filesystem::path& path, std::uint64_t max_bytes = UINT64_MAX);

}  // namespace transkimmer
