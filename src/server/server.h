#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/served/options.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// A model behind HTTP, by the table of routes (routes/table.cc).
class Server {
 public:
  /// Listens; clients wait until `start`. Throws UsageError for options out of range or that contradict each
  /// other, IoError where it cannot listen.
  Server(Model model, ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Drains without waiting for slow clients.
  ~Server();

  void start();
  /// "http://127.0.0.1:3000", with the port that was free where any was asked for.
  std::string address() const;
  std::uint16_t port() const;
  /// Takes no more requests (503), answers those that it has, and hangs up; false where clients had not read
  /// all of their answers after `timeout`.
  bool drain(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace transkimmer
