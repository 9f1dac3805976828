#include "hub/online/data_fetch.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/io_failure.h"
#include "base/strings/quoting.h"
#include "hub/cache/data_cache.h"
#include "hub/cache/file_lock.h"
#include "hub/online/download.h"
#include "hub/online/hub_client.h"
#include "hub/online/unpack.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// What else a web page in place of a file may mean.
constexpr const char* kMoved = "has the file moved, so that --mirror or --data-dir has to name another place";

[[noreturn]] void throw_data_refusal(const HttpAnswer& answer, const std::string& address) {
  const char* meaning = answer.status >= 500 ? "the server fails; try again later" : "the request is refused";
  if (answer.status == 404 || answer.status == 410) meaning = "there is no such file";
  if (answer.status == 401 || answer.status == 403) meaning = "the file may not be read";
  if (answer.status == 407)
    meaning = "the proxy asks for a password: https_proxy takes user:password@ in front of its host";
  if (answer.status == 429) meaning = "too many requests; wait a few minutes";
  throw IoError(fmt::format("{}: {} (HTTP status {})", address, meaning, answer.status));
}

/// A folder's address, without slashes at its end.
std::string checked_mirror(std::string mirror) {
  while (mirror.ends_with('/')) mirror.pop_back();
  try {
    Address::parse(mirror);
  } catch (const FormatError& error) {
    throw UsageError(fmt::format("--mirror: {}", error.what()));
  }
  return mirror;
}

/// One data set's way into the cache.
class DataFetch {
 public:
  DataFetch(const DataRequest& request, const HubSettings& settings, const FetchObserver& observer)
      : request_(request),
        observer_(observer),
        cache_(settings.data),
        client_(settings),
        mirror_(request.mirror.empty() ? "" : checked_mirror(request.mirror)) {}

  FoundData run() {
    const FileLock lock =
        FileLock::wait_for(cache_.lock_file(request_.name, request_.source), observer_.notices);
    exclusive_ = lock.exclusive();
    const fs::path folder = cache_.folder(request_.name, request_.source);
    if (directory_exists(folder)) return {.directory = folder};  // another process was first
    const fs::path downloads = cache_.downloads(request_.name, request_.source);
    make_directory(downloads);
    require_space();
    for (const PublishedFile& file : request_.source.files) bring(file, downloads / file.name);
    unpack_all(downloads, folder);
    remove_recursively(downloads);
    return {folder, true, bytes_};
  }

 private:
  std::vector<std::string> addresses_of(const PublishedFile& file) const {
    if (mirror_.empty()) return file.addresses;
    return {mirror_ + "/" + as_address_part(file.name)};
  }

  /// From the first place that gives it.
  void bring(const PublishedFile& file, const fs::path& path) {
    if (path_exists(path)) return;
    std::string failures;
    for (const std::string& address : addresses_of(file)) {
      try {
        return download(
            client_, content_at(address, file),
            {.blob = path, .exclusive = exclusive_, .on_bytes = [this](std::int64_t bytes) { came(bytes); }});
      } catch (const Error& error) {
        failures += (failures.empty() ? "" : "; ") + std::string(error.what());
      }
    }
    throw IoError(fmt::format(
        "the data of the task {}: {} cannot be fetched: {}; --mirror names another place that has it, "
        "--data-dir a folder with what is in it",
        in_quotes(request_.name), in_quotes(file.name), failures));
  }

  static Content content_at(const std::string& address, const PublishedFile& file) {
    Content content{.name = file.name,
                    .address = address,
                    .hash = file.sha256,
                    .else_because = kMoved,
                    .refuse = [address](const HttpAnswer& answer) { throw_data_refusal(answer, address); }};
    if (file.size > 0) content.size = file.size;
    return content;
  }

  /// What earlier processes left of an unpacking is of no use.
  void unpack_all(const fs::path& downloads, const fs::path& folder) {
    const fs::path unpacking = cache_.unpacking(request_.name, request_.source);
    remove_recursively(unpacking);
    make_directory(unpacking);
    for (const PublishedFile& file : request_.source.files) {
      if (is_archive(file.name)) {
        unpack_or_forget(downloads / file.name, unpacking);
      } else {
        rename(downloads / file.name, unpacking / file.name);
      }
    }
    rename(unpacking, folder);
  }

  /// An archive that cannot be unpacked would not be the next time, either.
  void unpack_or_forget(const fs::path& archive, const fs::path& unpacking) const {
    notify(observer_.notices, fmt::format("unpacking {}", archive.filename().string()));
    try {
      unpack(archive, unpacking);
    } catch (const Error& error) {
      remove_recursively(unpacking);
      if (dynamic_cast<const FormatError*>(&error) != nullptr) remove_recursively(archive);
      throw;
    }
  }

  static void rename(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) throw_io_failure(to.string(), "create", error.value());
  }

  /// For what comes; what it unpacks to nobody knows.
  void require_space() const {
    std::uint64_t bytes = 0;
    for (const PublishedFile& file : request_.source.files) bytes += file.size;
    std::error_code unknown;
    const fs::space_info space = fs::space(cache_.root(), unknown);
    if (unknown || space.available >= bytes) return;
    throw IoError(
        fmt::format("{}: {} bytes are free on this disk, and the data of the task {} needs {}; "
                    "HF_HOME names another place",
                    cache_.root().string(), space.available, in_quotes(request_.name), bytes));
  }

  void came(std::int64_t bytes) {
    if (bytes > 0) bytes_ += static_cast<std::uint64_t>(bytes);
    if (!observer_.progress) return;
    std::uint64_t all = 0;
    for (const PublishedFile& file : request_.source.files) all += file.size;
    observer_.progress(bytes_, std::max(all, bytes_));
  }

  const DataRequest& request_;
  const FetchObserver& observer_;
  DataCache cache_;
  HubClient client_;
  std::string mirror_;
  bool exclusive_ = true;
  std::uint64_t bytes_ = 0;
};

}  // namespace

FoundData fetch_data(const DataRequest& request, const HubSettings& settings, const FetchObserver& observer) {
  return DataFetch(request, settings, observer).run();
}

}  // namespace transkimmer
