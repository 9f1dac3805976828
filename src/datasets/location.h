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

/// `text` without a UTF-8 byte-order mark. Throws FormatError naming `origin` for UTF-16 text, which would
/// otherwise be reported as a missing column.
std::string_view without_byte_order_mark(std::string_view text, const std::string& origin);

/// The first of directory/name, directory/folder/name (for each folder) that is a regular file.
/// Throws IoError that lists everything tried, or says that `directory` does not exist.
std::filesystem::path find_data_file(const std::filesystem::path& directory,
                                     std::span<const std::string> folders, const std::string& name);

}  // namespace transkimmer
