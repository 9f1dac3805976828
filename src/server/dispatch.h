#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "server/http/message.h"
#include "server/metrics/metrics.h"
#include "server/routes/route.h"
#include "server/served/options.h"
#include "server/served/served_model.h"
#include "serving/batcher.h"

namespace transkimmer {

/// Takes requests to their routes, through passes of the model, and back as answers.
class Dispatch {
 public:
  /// `on_worker` runs what is left to do once a pass is over. Throws as ServedModel.
  Dispatch(Model model, ServerOptions options, std::function<void(std::function<void()>)> on_worker);

  /// Answers a request now, or when its passes are over. Throws nothing.
  void handle(HttpRequest request, HttpAnswer answer);
  /// From now on requests are refused with 503; returns when passes for all others are over.
  void drain();

 private:
  struct Call;
  using CallPointer = std::shared_ptr<Call>;

  void route(const CallPointer& call);
  const Route& find_route(const HttpRequest& request) const;
  bool is_authorized(const Route& route, const HttpRequest& request) const;
  void plan(const CallPointer& call);
  void run(const CallPointer& call);
  void complete(const CallPointer& call, const std::exception_ptr& error,
                std::vector<BatchedResult>& results);
  void succeed(const CallPointer& call, std::vector<BatchedResult>& results);
  void fail(const CallPointer& call, Fault fault, std::string_view message);
  void fail(const CallPointer& call, const std::exception_ptr& error);
  void answer_preflight(const CallPointer& call);
  void send(const CallPointer& call, HttpResponse response);

  const ServerOptions options_;
  const ServedModel model_;
  Metrics metrics_;
  Batcher batcher_;
  const std::function<void(std::function<void()>)> on_worker_;
  std::atomic<bool> draining_ = false;
};

/// Whether two texts are the same, in a time that tells nothing of where they differ.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace transkimmer
