#include "hub/online/model_fetch.h"

#include <algorithm>
#include <functional>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/machine/parallel.h"
#include "base/strings/quoting.h"
#include "hub/names/wanted_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// As many as fill a line, and so few that a server does not mind.
constexpr unsigned kAtOnce = 4;

}  // namespace

std::unique_ptr<HubClient> ClientPool::borrow() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<HubClient>(settings_);
  std::unique_ptr<HubClient> client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void ClientPool::give_back(std::unique_ptr<HubClient> client) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
}

ModelFetch::ModelFetch(const ModelName& name, const HubSettings& settings, const FetchObserver& observer)
    : name_(name),
      settings_(settings),
      observer_(observer),
      cache_(settings.cache, settings.links),
      clients_(settings) {}

FetchedModel ModelFetch::run() {
  ModelListing listing;
  at_once(1, [&](HubClient& client, std::size_t) { listing = client.list(name_); });
  commit_ = listing.commit;
  if (listing.files.count("config.json") == 0)
    throw FormatError(fmt::format("{} has no config.json on {}: it is no model that can be read here",
                                  in_quotes(name_.repository()), settings_.endpoint));
  const std::filesystem::path directory = cache_.snapshot(name_, commit_);
  WantedFiles settings = wanted_settings(listing.files);
  bring(settings.present);
  // The weights come last: a snapshot that has them has all the rest, whatever ended this process.
  const WantedFiles modules = wanted_module_settings(listing.files, directory);
  bring(modules.present);
  WantedFiles weights = wanted_weights(listing.files, directory);
  bring(weights.present);
  settings.absent.merge(weights.absent);
  for (const std::string& file : settings.absent) cache_.note_absent(name_, commit_, file);
  cache_.remember_commit(name_, commit_);
  return {directory, commit_, bytes_};
}

void ModelFetch::bring(const std::set<std::string>& files) {
  std::vector<std::string> missing;
  const std::filesystem::path directory = cache_.snapshot(name_, commit_);
  for (const std::string& file : files)
    if (!path_exists(directory / file)) missing.push_back(file);
  if (missing.empty()) return;
  make_directory(cache_.folder(name_) / "blobs");
  cache_.tag();
  // Those in folders first: what lies beside config.json makes the model look whole.
  std::stable_sort(missing.begin(), missing.end(), [](const std::string& a, const std::string& b) {
    return std::count(a.begin(), a.end(), '/') > std::count(b.begin(), b.end(), '/');
  });
  const std::vector<RemoteFile> remote = look_up(missing);
  lock_all(remote);
  download_all(remote);
  for (const RemoteFile& file : remote) cache_.place(name_, commit_, file.name, file.etag);
}

std::vector<RemoteFile> ModelFetch::look_up(const std::vector<std::string>& files) {
  std::vector<RemoteFile> remote(files.size());
  at_once(files.size(),
          [&](HubClient& client, std::size_t i) { remote[i] = client.look_up(name_, commit_, files[i]); });
  return remote;
}

void ModelFetch::lock_all(const std::vector<RemoteFile>& files) {
  // In one order in all processes, so that no two wait for each other: settings, then weights, each sorted.
  std::set<std::string> etags;
  for (const RemoteFile& file : files) etags.insert(file.etag);
  for (const std::string& etag : etags)
    if (locked_.insert(etag).second)
      locks_.push_back(FileLock::wait_for(cache_.lock_file(name_, etag), observer_.notices));
}

void ModelFetch::download_all(const std::vector<RemoteFile>& files) {
  const bool exclusive =
      std::all_of(locks_.begin(), locks_.end(), [](const FileLock& lock) { return lock.exclusive(); });
  std::map<std::string, const RemoteFile*> contents;  // two files may have the same
  std::uint64_t bytes = 0;
  for (const RemoteFile& file : files) {
    if (path_exists(cache_.blob(name_, file.etag)) || !contents.emplace(file.etag, &file).second) continue;
    bytes += file.size -
             bytes_left_behind({.blob = cache_.blob(name_, file.etag), .exclusive = exclusive}, file.size);
  }
  require_space(bytes);
  expected_bytes_ += bytes;
  std::vector<const RemoteFile*> in_order;
  for (const auto& [etag, file] : contents) in_order.push_back(file);
  at_once(in_order.size(), [&](HubClient& client, std::size_t i) {
    download(client, content_of(*in_order[i]),
             {.blob = cache_.blob(name_, in_order[i]->etag),
              .exclusive = exclusive,
              .on_bytes = [this](std::int64_t count) { came(count); },
              .stop = &stop_});
  });
}

Content ModelFetch::content_of(const RemoteFile& file) const {
  return {.name = file.name,
          .address = file.address,
          .size = file.size,
          .hash = file.etag,
          .else_because = kNoHub,
          .refuse = [this](const HttpAnswer& answer) { throw_refusal(answer, name_, settings_); }};
}

void ModelFetch::require_space(std::uint64_t bytes) const {
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(cache_.folder(name_), unknown);
  if (unknown || space.available >= bytes) return;
  throw IoError(
      fmt::format("{}: {} bytes are free on this disk, and {} more need {}; HF_HUB_CACHE names another place",
                  cache_.root().string(), space.available, in_quotes(name_.repository()), bytes));
}

void ModelFetch::at_once(std::size_t count, const std::function<void(HubClient&, std::size_t)>& work) {
  std::mutex failure_mutex;
  parallel_for(count, kAtOnce, [&](std::size_t index) {
    if (stop_) return;
    try {
      std::unique_ptr<HubClient> client = clients_.borrow();
      work(*client, index);
      clients_.give_back(std::move(client));
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!stop_.exchange(true)) failure_ = std::current_exception();
    }
  });
  if (failure_) std::rethrow_exception(failure_);
}

void ModelFetch::came(std::int64_t bytes) {
  const std::lock_guard lock(progress_mutex_);
  // What has to come again was counted as here, or was left by another process and not counted at all.
  if (bytes < 0) expected_bytes_ += static_cast<std::uint64_t>(-bytes);
  if (bytes > 0) bytes_ += static_cast<std::uint64_t>(bytes);
  if (observer_.progress) observer_.progress(bytes_, expected_bytes_);
}

}  // namespace transkimmer
