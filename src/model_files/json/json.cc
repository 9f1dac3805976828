#include "model_files/json/json.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

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
          throw FormatError(fmt::format("{}: key {} appears twice", origin_, in_quotes(key)));
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
  return parse_json(read_downloaded_file(path, max_bytes), path.string());
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  return shortened(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

}  // namespace transkimmer
