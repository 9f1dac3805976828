#include "base/strings/quoting.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "base/strings/utf8.h"

namespace transkimmer {
namespace {

constexpr std::size_t kMostBytes = 80;  // with what surrounds it, a line or two of a terminal

}  // namespace

std::string shortened(std::string_view text) {
  if (text.size() <= kMostBytes) return std::string(text);
  std::size_t end = kMostBytes;
  while (end > 0 && is_continuation_byte(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string in_quotes(std::string_view value) {
  return fmt::format("'{}'", shortened(on_one_line(value.substr(0, kMostBytes + 1))));
}

std::string names_in_quotes(std::span<const std::string> names) {
  constexpr std::size_t kMostNames = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i)
    text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  return names.size() > kMostNames ? text + ", ..." : text;
}

}  // namespace transkimmer
