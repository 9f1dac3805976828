#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace transkimmer::test {

struct StandInRequest {
  std::string method;
  std::string path;                                 ///< as it was sent
  std::map<std::string, std::string> headers = {};  ///< by name in lower case

  std::string header(const std::string& name) const;
};

struct StandInAnswer {
  int status = 200;
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  /// Of the body, after which the connection ends.
  std::size_t cut_after = std::string::npos;
  /// Before anything is said.
  std::chrono::milliseconds delay{0};
  /// Between two pieces of 16 KiB.
  std::chrono::milliseconds pause{0};
};

/// One model on the stand-in.
struct StandInModel {
  std::string commit;
  std::map<std::string, std::string> files = {};  ///< content by path
  std::vector<std::string> revisions = {"main"};
};

/// The Hub's routes on a port of this machine, for models that are given, and files as a host of data has
/// them, with faults on demand. Weights are
/// kept as Git LFS is: by SHA-256, behind a redirect to another host, which here is the same by its other
/// name.
class HubStandIn {
 public:
  HubStandIn();
  HubStandIn(const HubStandIn&) = delete;
  HubStandIn& operator=(const HubStandIn&) = delete;
  ~HubStandIn();

  /// "http://127.0.0.1:PORT".
  const std::string& address() const { return address_; }
  /// Replaces what had this name.
  void put(const std::string& repository, StandInModel model);
  /// Any other file, by its path there: "/glue/SST-2.zip". Replaces what had this path.
  void put_file(const std::string& path, std::string content);
  /// May change an answer before it is sent; from several threads at once.
  void disturb(std::function<void(const StandInRequest& request, StandInAnswer& answer)> fault);
  /// All so far, in the order of their arrival.
  std::vector<StandInRequest> requests() const;
  /// Of them, those with this method whose path ends so.
  std::size_t count(std::string_view method, std::string_view path_end) const;

 private:
  void serve();
  void answer_connection(int connection);
  StandInAnswer answer_to(const StandInRequest& request) const;
  StandInAnswer listing(const std::string& repository, const std::string& revision) const;
  StandInAnswer tree(const std::string& repository) const;
  StandInAnswer file(const StandInRequest& request, const std::string& repository,
                     const std::string& revision, const std::string& name) const;

  int socket_ = -1;
  std::string address_;
  std::string store_;
  mutable std::mutex mutex_;
  std::map<std::string, StandInModel> models_;
  std::map<std::string, std::string> files_;
  std::vector<StandInRequest> requests_;
  std::function<void(const StandInRequest&, StandInAnswer&)> fault_;
  std::atomic<int> open_ = 0;
  std::thread thread_;
};

/// The ETag of a content on the stand-in.
std::string stand_in_etag(const std::string& name, const std::string& content);

}  // namespace transkimmer::test
