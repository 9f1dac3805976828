#include "base/strings/xml.h"

#include "base/strings/escaping.h"

namespace transkimmer {

std::string xml(std::string_view text) {
  std::string safe;
  for (const char c : on_one_line(text)) {
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
