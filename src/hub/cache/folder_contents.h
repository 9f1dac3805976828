#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace transkimmer {

// What lies in folders of caches, names that begin with a dot included.

/// In the order of their names; none where there is no such folder. Throws IoError, as the next does.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);
/// All that are no folders, below it.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// In bytes; 0 of what cannot be looked up.
std::uint64_t size_of(const std::filesystem::path& file);
/// What takes space itself: links do not.
std::uint64_t own_size_of(const std::filesystem::path& file);

}  // namespace transkimmer
