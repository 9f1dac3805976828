#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/client.h"
#include "server/server.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/model.h"

namespace transkimmer::test {

inline TinyModel tiny_model_of(HeadKind head) {
  TinyModel tiny;
  tiny.head = head;
  tiny.labels = {"bad", "so-so", "good"};
  if (head == HeadKind::regression) tiny.labels = {"LABEL_0"};
  if (head == HeadKind::token_classification) tiny.labels = {"O", "B-PER", "I-PER", "B-LOC"};
  return tiny;
}

/// A server of a model on a free port, on which it accepts clients.
class ServedModelDirectory {
 public:
  explicit ServedModelDirectory(const std::filesystem::path& directory, ServerOptions options = {})
      : model(Model::load(directory, {.threads = 1, .split_special_tokens = true})) {
    options.http.port = 0;
    options.http.workers = 2;
    options.model_id = "tiny";
    server = std::make_unique<Server>(model, std::move(options));
    server->start();
  }

  std::uint16_t port() const { return server->port(); }
  HttpReply get(const std::string& path) const { return HttpClient(port()).get(path); }
  HttpReply post(const std::string& path, const nlohmann::json& body) const {
    return HttpClient(port()).post(path, body);
  }

  Model model;
  std::unique_ptr<Server> server;
};

/// The same of a tiny model.
class ServedTiny {
 public:
  explicit ServedTiny(const TinyModel& tiny, ServerOptions options = {}) {
    write_tiny_model(directory_.path(), tiny);
    served_ = std::make_unique<ServedModelDirectory>(directory_.path(), std::move(options));
  }
  explicit ServedTiny(HeadKind head, ServerOptions options = {})
      : ServedTiny(tiny_model_of(head), std::move(options)) {}

  ServedModelDirectory* operator->() const { return served_.get(); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServedModelDirectory> served_;
};

}  // namespace transkimmer::test
