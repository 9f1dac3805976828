#include "model_files/json.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxShown = 80;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// At most kMaxShown bytes of UTF-8, cut between characters.
std::string shortened(std::string text) {
  if (text.size() <= kMaxShown) return text;
  std::size_t end = kMaxShown;
  while (end > 0 && is_continuation(text[end])) --end;
  return text.substr(0, end) + "...";
}

/// `byte` counts from 1, as the JSON library does.
std::size_t line_at(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

/// Watches a parse for what the JSON library lets pass.
class StrictnessCheck {
 public:
  explicit StrictnessCheck(const std::string& origin) : origin_(origin) {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (depth >= kMaxDepth)
          throw FormatError(fmt::format("{}: JSON is nested deeper than {} levels", origin_, kMaxDepth));
        keys_.emplace_back();
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        keys_.pop_back();
        break;
      case json::parse_event_t::key: {
        const auto& key = parsed.get_ref<const std::string&>();
        if (!keys_.back().insert(key).second)
          throw FormatError(fmt::format("{}: key {} appears twice", origin_, quoted_name(key)));
        break;
      }
      case json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  const std::string& origin_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

std::string_view describe(const json::exception& error) {
  // 101 is any syntax error; a byte sequence that is no UTF-8 is one of them, told apart only by the message.
  if (std::string_view(error.what()).find("UTF-8") != std::string_view::npos) return "not valid UTF-8";
  if (dynamic_cast<const json::out_of_range*>(&error) != nullptr)
    return "not valid JSON: number out of range";
  return "not valid JSON";
}

json parse_json(std::string_view text, const std::string& origin) {
  try {
    return json::parse(text, StrictnessCheck(origin));
  } catch (const json::parse_error& error) {
    throw FormatError(fmt::format("{}:{}: {}", origin, line_at(text, error.byte), describe(error)));
  } catch (const json::exception& error) {
    throw FormatError(fmt::format("{}: {}", origin, describe(error)));
  }
}

json read_json(const std::filesystem::path& path, std::uint64_t max_bytes) {
  return parse_json(read_file(path, max_bytes), path.string());
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  return shortened(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

std::string quoted_name(std::string_view name) {
  std::string text;
  for (const char character : name.substr(0, kMaxShown + 1)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += character;
    }
  }
  return fmt::format("'{}'", shortened(std::move(text)));
}

}  // namespace transkimmer
