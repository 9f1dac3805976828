#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace transkimmer {

/// More is no data set of text: an archive of a few megabytes may unpack to more than any disk has.
struct UnpackLimits {
  std::uint64_t bytes = std::uint64_t{32} << 30;
  std::size_t entries = 1'000'000;
};

/// Unpacks a zip or tar archive (plain, or compressed by gzip, bzip2 or xz) into a folder that is there and
/// empty. What other systems leave in archives (__MACOSX, .DS_Store, names with control characters) is
/// passed over. Throws FormatError naming the archive, and the entry at fault: what is no such archive, is
/// damaged, cut short or empty, beyond the limits, or has an entry that leads out of the folder or is a link
/// or device. Throws IoError when files cannot be written.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& folder,
            const UnpackLimits& limits = {});

}  // namespace transkimmer
