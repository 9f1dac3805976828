#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hub/names/model_name.h"

namespace transkimmer {

/// Models on disk in the layout of huggingface_hub, which so finds what we fetched, as we do what it fetched:
///
///     models--org--name/refs/main                     the commit that a branch or tag was when last asked
///     models--org--name/blobs/ETAG                    contents, by SHA-256 (Git LFS) or git's hash
///     models--org--name/snapshots/COMMIT/config.json  links to them: a model directory
///     models--org--name/.no_exist/COMMIT/vocab.txt    an empty file: there is none
///     .locks/models--org--name/ETAG.lock              held by who writes that content
class HubCache {
 public:
  /// `links` false: files are copied instead.
  explicit HubCache(std::filesystem::path root, bool links = true);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path folder(const ModelName& name) const;
  std::filesystem::path snapshot(const ModelName& name, const std::string& commit) const;
  /// `etag` is a plain name.
  std::filesystem::path blob(const ModelName& name, const std::string& etag) const;
  std::filesystem::path lock_file(const ModelName& name, const std::string& etag) const;

  /// The commit that the name's revision is, or was when it was last asked for; nothing when that is unknown.
  std::optional<std::string> commit_of(const ModelName& name) const;
  /// Throws IoError.
  void remember_commit(const ModelName& name, const std::string& commit) const;

  /// Gives `file` of a snapshot the content of a blob that is there, unless it has one already. Throws
  /// IoError.
  void place(const ModelName& name, const std::string& commit, const std::string& file,
             const std::string& etag) const;

  /// That the model has no such file. Throws IoError.
  void note_absent(const ModelName& name, const std::string& commit, const std::string& file) const;
  bool is_absent(const ModelName& name, const std::string& commit, const std::string& file) const;

  /// Marks the whole as something that backups pass over, where it is not marked.
  void tag() const;

 private:
  std::filesystem::path root_;
  bool links_;
};

/// The folder's name: "models--org--name".
std::string cache_folder_name(const std::string& repository);

}  // namespace transkimmer
