#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace transkimmer {

/// What a model on the Hub is called: `org/name`, `org/name@revision` (a branch, a tag or a commit), or an
/// old-style name without an organisation. Always well-formed: it can be part of a path and of an address.
class ModelName {
 public:
  /// Nothing for text that is no such name, a path with three parts, say.
  static std::optional<ModelName> parse(std::string_view text);

  /// "org/name".
  const std::string& repository() const { return repository_; }
  /// "main" where none was given.
  const std::string& revision() const { return revision_; }
  /// "org/name", and "@revision" where that is not the usual one.
  std::string text() const;

 private:
  ModelName(std::string repository, std::string revision);

  std::string repository_;
  std::string revision_;
};

/// Whether it is a whole commit hash, 40 lower-case hexadecimal digits, which always means the same files.
bool is_commit_hash(std::string_view revision);

/// Whether a path that the Hub gives stays below the folder that it is relative to: none of its parts is
/// empty, "." or "..", and there is no backslash or control character in it.
bool stays_below(std::string_view path);

}  // namespace transkimmer
