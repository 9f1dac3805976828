#include "commands/program/output.h"

#include <iostream>

#include <fmt/format.h>

#include "base/strings/escaping.h"

namespace transkimmer {

namespace {

std::string json_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

void print_json(const Json& value, int indent) {
  std::cout << json_text(value, indent) << '\n';
}

void print_error(const std::string& program, const std::string& message, bool json) {
  std::cerr << (json ? json_text({{"error", message}})
                     : fmt::format("{}: error: {}", program, on_one_line(message)))
            << '\n';
}

std::string with_separators(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

NoticeHandler notices_on_standard_error() {
  return [](const std::string& message) { std::cerr << "note: " << on_one_line(message) << '\n'; };
}

}  // namespace transkimmer
