#include "hub/names/model_name.h"

#include <algorithm>
#include <utility>

#include "base/files/plain_name.h"

namespace transkimmer {
namespace {

constexpr const char* kUsualRevision = "main";
/// The Hub's own limit; longer file names would fail on disk.
constexpr std::size_t kLongestName = 96;
constexpr std::size_t kLongestRevision = 200;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_edge(char c) {
  return is_letter_or_digit(c) || c == '_';
}

/// An organisation or the name of its model.
bool is_part_of_name(std::string_view part) {
  if (part.empty() || part.size() > kLongestName || !is_edge(part.front()) || !is_edge(part.back()))
    return false;
  // "--" stands for "/" in the cache, and ".." leads out of a folder.
  if (part.find("--") != part.npos || part.find("..") != part.npos) return false;
  return std::all_of(part.begin(), part.end(), [](char c) { return is_edge(c) || c == '-' || c == '.'; });
}

bool is_repository(std::string_view text) {
  if (text.size() > kLongestName || text.ends_with(".git")) return false;
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return is_part_of_name(text);
  return is_part_of_name(text.substr(0, slash)) && is_part_of_name(text.substr(slash + 1));
}

bool is_revision(std::string_view text) {
  // git allows none of these in a branch or tag.
  return text.size() <= kLongestRevision && stays_below(text) && text.find_first_of(" ~^:?*[") == text.npos;
}

}  // namespace

bool stays_below(std::string_view path) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(path.begin(), path.end(), is_control)) return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!is_plain_name(path.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

bool is_commit_hash(std::string_view revision) {
  return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == revision.npos;
}

ModelName::ModelName(std::string repository, std::string revision)
    : repository_(std::move(repository)), revision_(std::move(revision)) {}

std::optional<ModelName> ModelName::parse(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view repository = text.substr(0, at);
  const std::string_view revision = at == text.npos ? kUsualRevision : text.substr(at + 1);
  if (!is_repository(repository) || !is_revision(revision)) return std::nullopt;
  return ModelName(std::string(repository), std::string(revision));
}

std::string ModelName::text() const {
  return revision_ == kUsualRevision ? repository_ : repository_ + "@" + revision_;
}

}  // namespace transkimmer
