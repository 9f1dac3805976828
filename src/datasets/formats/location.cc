#include "datasets/formats/location.h"

#include <algorithm>
#include <array>
#include <system_error>

#include <fmt/format.h>

#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {

namespace fs = std::filesystem;

std::string at_line(const std::string& origin, std::size_t line) {
  return fmt::format("{}:{}: ", origin, line);
}

std::string list_in_quotes(std::span<const std::string> values) {
  constexpr std::size_t kMost = 40;
  std::string list;
  for (std::size_t i = 0; i < std::min(values.size(), kMost); ++i) {
    if (i > 0) list += ", ";
    list += in_quotes(values[i]);
  }
  if (values.size() > kMost) list += fmt::format(" and {} more", values.size() - kMost);
  return list;
}

namespace {

/// People forget to unpack; as text such a file would be thousands of nonsense words.
bool is_compressed(std::string_view beginning) {
  using namespace std::string_view_literals;
  constexpr std::array kSignatures = {"\x1F\x8B"sv, "\xFD\x37zXZ\0"sv, "PK\x03\x04"sv, "\x28\xB5\x2F\xFD"sv};
  return std::ranges::any_of(kSignatures, [&](auto signature) { return beginning.starts_with(signature); }) ||
         // bzip2 writes its block size, one digit, between its letters and the first block's.
         (beginning.starts_with("BZh") && beginning.substr(0, 10).find("1AY&SY") == 4);
}

}  // namespace

std::string_view readable_text(std::string_view text, const std::string& origin) {
  if (text.starts_with("\xEF\xBB\xBF")) return text.substr(3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw FormatError(fmt::format("{}: is UTF-16 text, expected UTF-8", origin));
  if (is_compressed(text))
    throw FormatError(fmt::format("{}: is a compressed file, expected text; unpack it first", origin));
  reject_lfs_pointer(text, origin);
  return text;
}

fs::path find_data_file(const fs::path& directory, std::span<const std::string> folders,
                        const std::string& name) {
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    throw IoError(fmt::format("{}: no such directory", directory.string()));
  }
  std::vector<fs::path> candidates = {directory / name};
  for (const auto& folder : folders) candidates.push_back(directory / folder / name);
  std::string others;
  for (const auto& candidate : candidates) {
    if (fs::is_regular_file(candidate, ignored)) return candidate;
    if (&candidate != &candidates.front()) others += (others.empty() ? "" : ", ") + candidate.string();
  }
  throw IoError(fmt::format("{}: no such file{}", candidates.front().string(),
                            others.empty() ? "" : fmt::format("; also tried {}", others)));
}

}  // namespace transkimmer
