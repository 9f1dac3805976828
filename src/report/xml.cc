#include "report/xml.h"

#include <nlohmann/json.hpp>

#include "base/strings/escaping.h"

namespace transkimmer {
namespace {

/// With U+FFFD for bytes that are not UTF-8.
std::string valid_utf8(std::string_view text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

}  // namespace

std::string xml(std::string_view text) {
  std::string safe;
  for (const char c : on_one_line(valid_utf8(text))) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace transkimmer
