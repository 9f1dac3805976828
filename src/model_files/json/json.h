#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace transkimmer {

/// Settings files are small; more than this is no settings file.
inline constexpr std::uint64_t kMaxSettingsBytes = 16 << 20;

/// The JSON value that the whole of `text` spells. Stricter than the JSON library: a key that an object has
/// twice and nesting deeper than 64 are errors, since the one hides a value and the other exhausts the stack
/// on writing. Throws FormatError `origin:line: ...`.
nlohmann::json parse_json(std::string_view text, const std::string& origin);

/// The JSON of a settings file. Throws IoError or FormatError naming the path.
nlohmann::json read_json(const std::filesystem::path& path, std::uint64_t max_bytes = kMaxSettingsBytes);

/// A value as an error message shows it: compact JSON, shortened.
std::string shown(const nlohmann::json& value);
/// What is wrong with a text that the JSON library refused: "not valid UTF-8", "not valid JSON", ...
std::string_view describe(const nlohmann::json::exception& error);

}  // namespace transkimmer
