#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// "path:line: ", the start of a message about one line of a file.
std::string at_line(const std::string& origin, std::size_t line);

/// The values quoted and separated by ", ", at most 40 of them.
std::string list_in_quotes(std::span<const std::string> values);

/// `text`, a file or its beginning, without a UTF-8 byte-order mark. Throws FormatError naming `origin` for
/// what is no text that we read, and would otherwise be reported as a missing column or read as words:
/// UTF-16, a compressed file, a Git LFS pointer.
std::string_view readable_text(std::string_view text, const std::string& origin);

/// The first of directory/name, directory/folder/name (for each folder) that is a regular file.
/// Throws IoError that lists everything tried, or says that `directory` does not exist.
std::filesystem::path find_data_file(const std::filesystem::path& directory,
                                     std::span<const std::string> folders, const std::string& name);

}  // namespace transkimmer
