#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer::test {

/// How often `part` occurs in `text`, without overlaps.
inline int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// Whether an entity that XML knows begins with the '&' at `at`.
inline bool is_entity(std::string_view text, std::size_t at) {
  for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
    if (text.substr(at, entity.size()) == entity) return true;
  return false;
}

/// What is wrong with a tag's inside, as in `text x="1"`; "" when nothing is.
inline std::string tag_error(std::string_view tag) {
  if (count_of(tag, "\"") % 2 != 0) return "odd quotes";
  bool quoted = false;
  for (std::size_t i = 0; i < tag.size(); ++i) {
    if (tag[i] == '"') quoted = !quoted;
    if (tag[i] == '=' && !quoted && (i + 1 == tag.size() || tag[i + 1] != '"')) return "unquoted value";
    if (tag[i] == '<') return "'<' in a tag";
  }
  return {};
}

/// Why `text` is no well-formed XML of one element, in the subset that our charts use (no comments,
/// declarations or CDATA); "" when it is.
inline std::string xml_error(std::string_view text) {
  std::vector<std::string> open;
  bool closed = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return "a control character";
    if (c == '&' && !is_entity(text, at)) return "a bare '&' at " + std::to_string(at);
    if (c != '<') {
      if (open.empty() && std::isspace(static_cast<unsigned char>(c)) == 0) return "text outside the element";
      continue;
    }
    if (closed) return "a second element";
    const std::size_t end = text.find('>', at);
    if (end == text.npos) return "a tag without end";
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    if (const std::string error = tag_error(tag); !error.empty()) return error + ": " + std::string(tag);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return "unexpected </" + std::string(tag.substr(1));
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    }
    closed = open.empty();
    for (std::size_t i = at; i < end; ++i)
      if (text[i] == '&' && !is_entity(text, i)) return "a bare '&' in a tag";
    at = end;
  }
  return closed ? "" : "no closed element";
}

}  // namespace transkimmer::test
