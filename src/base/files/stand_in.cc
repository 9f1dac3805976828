#include "base/files/stand_in.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/numbers.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using namespace std::string_view_literals;

bool begins_with(std::string_view text, std::string_view lower_case) {
  const auto same = [](char lower, char found) {
    return lower == std::tolower(static_cast<unsigned char>(found));
  };
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), same);
}

bool is_html(std::string_view content) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  const std::size_t begin = content.find_first_not_of(" \t\r\n");
  if (begin == content.npos) return false;
  content.remove_prefix(begin);
  for (const std::string_view beginning : {"<!doctype html", "<html", "<?xml", "<!--"})
    if (begins_with(content, beginning)) return true;
  return false;
}

/// The size that a pointer gives of its file, as words of a message.
std::string size_in(std::string_view pointer) {
  constexpr std::string_view kKey = "\nsize ";
  const std::size_t at = pointer.substr(0, 1024).find(kKey);
  if (at == pointer.npos) return "the file";
  std::string_view digits = pointer.substr(at + kKey.size());
  digits = digits.substr(0, digits.find_first_of("\r\n"sv));
  const auto size = parse_integer(digits);
  return size ? fmt::format("the file of {} bytes", *size) : "the file";
}

}  // namespace

void reject_lfs_pointer(std::string_view content, const std::string& origin) {
  constexpr std::array kBeginnings = {"version https://git-lfs.github.com/spec/"sv,
                                      "version https://hawser.github.com/spec/"sv};  // its former name
  if (std::ranges::none_of(kBeginnings, [&](std::string_view begin) { return content.starts_with(begin); }))
    return;
  throw FormatError(fmt::format(
      "{}: is a Git LFS pointer, which stands for {}; download that (git lfs pull), and put it in its "
      "place",
      origin, size_in(content)));
}

void reject_stand_in(std::string_view content, const std::string& origin) {
  reject_lfs_pointer(content, origin);
  if (is_html(content))
    throw FormatError(fmt::format(
        "{}: is an HTML page, not the file itself: the download ended at a login or an error", origin));
}

std::string read_downloaded_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::string content = read_file(path, max_bytes);
  reject_stand_in(content, path.string());
  return content;
}

}  // namespace transkimmer
