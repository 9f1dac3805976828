#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "hub/cache/cache.h"
#include "hub/cache/file_lock.h"
#include "hub/fetch_model.h"
#include "hub/online/download.h"
#include "hub/online/hub_client.h"

namespace transkimmer {

/// Clients for several threads, which so keep their connections.
class ClientPool {
 public:
  explicit ClientPool(HubSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<HubClient> borrow();
  void give_back(std::unique_ptr<HubClient> client);

 private:
  HubSettings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HubClient>> idle_;
};

/// One model's way into the cache.
class ModelFetch {
 public:
  ModelFetch(const ModelName& name, const HubSettings& settings, const FetchObserver& observer);
  FetchedModel run();

 private:
  /// Brings these files of the commit into its snapshot, those in folders first.
  void bring(const std::set<std::string>& files);
  std::vector<RemoteFile> look_up(const std::vector<std::string>& files);
  void lock_all(const std::vector<RemoteFile>& files);
  void download_all(const std::vector<RemoteFile>& files);
  Content content_of(const RemoteFile& file) const;
  void require_space(std::uint64_t bytes) const;
  /// The same for each index on several threads; the first failure ends all and is thrown.
  void at_once(std::size_t count, const std::function<void(HubClient& client, std::size_t index)>& work);
  void came(std::int64_t bytes);

  const ModelName& name_;
  const HubSettings& settings_;
  const FetchObserver& observer_;
  HubCache cache_;
  ClientPool clients_;
  std::string commit_;
  std::set<std::string> locked_;  ///< ETags
  std::vector<FileLock>
      locks_;  ///< to the end, so that nobody takes a half fetched model for an unneeded one
  std::atomic<bool> stop_ = false;
  std::exception_ptr failure_;
  std::mutex progress_mutex_;
  std::uint64_t expected_bytes_ = 0;  ///< of all files that were missing so far
  std::uint64_t bytes_ = 0;           ///< of them, here
};

}  // namespace transkimmer
