#include <array>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "commands/options/serve_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "server/server.h"
#include "transkimmer/error.h"
#include "transkimmer/model.h"

namespace transkimmer {
namespace {

/// The signals that end a server. No handler runs for them: they are waited for. They are held back from
/// before the first thread begins, since threads inherit that.
class EndingSignals {
 public:
  EndingSignals() {
    // A client that hangs up, or a log that nobody reads any more, is no reason to end.
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;
  ~EndingSignals() { let_through(); }

  void wait() const {
    int received = 0;
    sigwait(&signals_, &received);
  }
  /// The next one ends the program at once, for whoever will not wait.
  void let_through() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_ = {};
};

/// Lines about requests on standard error.
class RequestLog {
 public:
  explicit RequestLog(bool json) : json_(json) {}

  void write(const RequestRecord& record) {
    const std::string line = json_ ? json_line(record) : plain_line(record);
    const std::lock_guard lock(mutex_);
    std::cerr << line << '\n';
  }

 private:
  static std::string plain_line(const RequestRecord& record) {
    return fmt::format("{} {} {} {:.1f}ms inputs={} tokens={} queue={:.1f}ms inference={:.1f}ms",
                       record.method, escaped(record.path), record.status, 1000 * record.seconds,
                       record.inputs, record.tokens, 1000 * record.queue_seconds,
                       1000 * record.inference_seconds);
  }
  static std::string json_line(const RequestRecord& record) {
    const Json object = {{"level", "DEBUG"},
                         {"method", record.method},
                         {"path", escaped(record.path)},
                         {"status", record.status},
                         {"total_time", record.seconds},
                         {"inputs", record.inputs},
                         {"tokens", record.tokens},
                         {"queue_time", record.queue_seconds},
                         {"inference_time", record.inference_seconds}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  const bool json_;
  std::mutex mutex_;
};

void announce(const ServeOptions& options, const Model& model, const std::string& address) {
  if (options.log_level == "error" || options.log_level == "warn") return;
  const std::string& name = options.server.model_id;
  if (options.json_output) {
    print_json({{"level", "INFO"},
                {"message", "ready"},
                {"model", name},
                {"task", model.task()},
                {"address", address}});
  } else {
    std::cout << fmt::format("Serving {} ({}) on {}\n", escaped(name), model.task(), address);
  }
  std::cout.flush();
}

void run_serve(ServeOptions& options) {
  complete(options);
  const EndingSignals signals;
  RequestLog log(options.json_output);
  if (options.log_level == "debug")
    options.server.on_request = [&log](const RequestRecord& record) { log.write(record); };
  const NoticeHandler notices = options.log_level == "error" ? NoticeHandler() : notices_on_standard_error();
  const Model model = Model::load(options.model, options.engine, notices);
  Server server(model, options.server);
  server.start();
  announce(options, model, server.address());
  signals.wait();
  signals.let_through();
  if (!server.drain(std::chrono::seconds(options.shutdown_timeout)))
    notify(notices, "some clients did not read their answers in time");
}

}  // namespace

void add_serve_command(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand(
      "serve",
      "Answer requests over HTTP, as Hugging Face's text-embeddings-inference does: /embed, /predict, "
      "/rerank, "
      "/v1/embeddings and others, by what the model is for; and /ner, /answer and /explain, which shows what "
      "was skimmed. Texts of all clients share forward passes. Ends on SIGTERM or Ctrl-C, once what it has "
      "is "
      "answered.");
  add_serve_options(*command, *options);
  command->footer(
      "Example:\n  transkimmer serve --model my-model --port 3000 &\n  curl 127.0.0.1:3000/predict -H "
      "'Content-Type: application/json' \\\n    -d '{\"inputs\": \"a charming journey\"}'");
  command->callback([options] { run_serve(*options); });
}

}  // namespace transkimmer
