#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace transkimmer {

enum class Depth { folder, all_below };
/// The files of a folder, or of it and all folders below, in the order of their paths' bytes (a directory's
/// own order differs between machines). Names that begin with a dot are passed over: macOS and tools keep
/// their own things under them. Throws IoError.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, Depth depth = Depth::folder);
/// ".csv" of "TRAIN.CSV".
std::string lower_case_extension(const std::filesystem::path& path);

/// For use before long work: throws IoError when a file cannot be written at `path`, as far as can be told
/// without writing it.
void require_writable(const std::filesystem::path& path);

}  // namespace transkimmer
