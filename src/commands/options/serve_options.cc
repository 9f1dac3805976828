#include "commands/options/serve_options.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "base/files/file.h"
#include "base/machine/hardware.h"
#include "commands/options/command_options.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 24;
constexpr std::int64_t kMostInputs = std::int64_t{1} << 20;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
constexpr int kMostWorkers = 64;
constexpr std::int64_t kMostWait = 1000000;
constexpr double kMostSeconds = 86400;

/// One processor is left to the passes.
int usual_workers() {
  return std::clamp(available_processors() - 1, 1, kMostWorkers);
}

void add_address_options(CLI::App& command, ServeOptions& options) {
  const OptionGroup group(command, "Address");
  group.value("--hostname", options.server.http.hostname, "HOST",
              "Address to listen on; 0.0.0.0: all of this machine's");
  group.value("--uds-path", options.server.http.uds_path, "FILE",
              "Listen on this Unix socket, and on no address; the file is made, and removed at the end");
  group.whole("-p,--port", options.server.http.port, "Port to listen on; 0: any that is free", {0, 65535})
      ->envname("PORT");
  group
      .value("--api-key", options.server.api_key, "KEY",
             "What clients must send as 'Authorization: Bearer KEY'; better in the environment or a file, "
             "since others see the options of a program")
      ->envname("API_KEY");
  group.value("--api-key-file", options.api_key_file, "FILE", "The same, as the first line of a file");
  group
      .value("--cors-allow-origin", options.server.cors_allow_origin, "ORIGIN",
             "Site whose pages may ask this server; '*': all; may be given several times")
      ->envname("CORS_ALLOW_ORIGIN");
}

void add_limit_options(CLI::App& command, ServeOptions& options) {
  const OptionGroup group(command, "Limits");
  ServerOptions& server = options.server;
  group
      .whole("--max-concurrent-requests", server.max_concurrent_requests,
             "Texts at work or waiting at a time; further ones are refused with 429", {1, kMostInputs})
      ->envname("MAX_CONCURRENT_REQUESTS");
  group.whole("--max-batch-tokens", server.max_batch_tokens, "Tokens of a forward pass", {1, kMostTokens})
      ->envname("MAX_BATCH_TOKENS");
  group
      .whole("--max-batch-requests", server.max_batch_requests,
             "Texts of a forward pass (default: as many as there is room for)", {1, kMostInputs})
      ->envname("MAX_BATCH_REQUESTS");
  group
      .whole("--max-client-batch-size", server.max_client_batch_size, "Texts of a request", {1, kMostInputs})
      ->envname("MAX_CLIENT_BATCH_SIZE");
  group.whole("--payload-limit", server.http.max_body_bytes, "Bytes of a request's body", {1, kMostBytes})
      ->envname("PAYLOAD_LIMIT");
  group
      .whole("--tokenization-workers", server.http.workers, "Threads that read requests and tokenise texts",
             {1, kMostWorkers})
      ->envname("TOKENIZATION_WORKERS");
  group.whole(
      "--max-wait-us", options.max_wait_us,
      "Microseconds that the first text of a forward pass waits for more of them; 0: a pass begins as "
      "soon as the one before it ends",
      {0, kMostWait});
  group.real("--request-timeout", options.request_timeout,
             "Seconds that a request may wait for its forward pass to begin; then it is refused with 503 "
             "(default: any)",
             {0, kMostSeconds});
  group.whole("--shutdown-timeout", options.shutdown_timeout,
              "Seconds that clients are given to read their answers when the server ends",
              {0, static_cast<std::int64_t>(kMostSeconds)});
}

void add_text_options(CLI::App& command, ServeOptions& options) {
  const OptionGroup group(command, "Texts");
  group
      .word("--auto-truncate", options.auto_truncate, {"true", "false"},
            "Whether texts with more tokens than the model takes are cut; else they are refused")
      ->envname("AUTO_TRUNCATE");
  group
      .value("--default-prompt-name", options.server.default_prompt_name, "NAME",
             "Which of an embedder's prompts is put before texts")
      ->envname("DEFAULT_PROMPT_NAME");
  group.value("--default-prompt", options.server.default_prompt, "TEXT", "What is put before texts")
      ->envname("DEFAULT_PROMPT");
  group.flag("--allow-special-tokens", options.allow_special_tokens,
             "Take special tokens that a text spells out ([SEP], <pad>) for what they spell; else they are "
             "plain text, since texts come from strangers");
}

}  // namespace

void add_serve_options(CLI::App& command, ServeOptions& options) {
  options.server.http.workers = usual_workers();
  add_model_option(command, options.model)->envname("MODEL_ID");
  OptionGroup(command, "Address")
      .value("--served-model-name", options.server.served_model_name, "NAME",
             "What clients call the model (default: the name of its folder)")
      ->envname("SERVED_MODEL_NAME");
  add_address_options(command, options);
  add_limit_options(command, options);
  add_text_options(command, options);
  const OptionGroup output(command, kOutputGroup);
  output.word("--log-level", options.log_level, {"error", "warn", "info", "debug"},
              "debug: a line on standard error for each request");
  output.flag("--json-output", options.json_output, "Write lines as JSON")->envname("JSON_OUTPUT");
  add_engine_options(command, options.engine);
}

void complete(ServeOptions& options) {
  ServerOptions& server = options.server;
  server.auto_truncate = options.auto_truncate == "true";
  server.max_wait = std::chrono::microseconds(options.max_wait_us);
  if (options.request_timeout > 0)
    server.request_timeout = std::chrono::milliseconds(std::llround(options.request_timeout * 1000));
  options.engine.split_special_tokens = !options.allow_special_tokens;
  // The folder alone: where it lies is nobody's business.
  const std::filesystem::path model = options.model.lexically_normal();
  server.model_id = (model.has_filename() ? model : model.parent_path()).filename().string();
  if (options.api_key_file.empty()) return;
  const std::string text = read_file(options.api_key_file);
  server.api_key = text.substr(0, text.find_first_of("\r\n"));
  if (server.api_key.empty())
    throw UsageError(options.api_key_file.string() + ": the first line is empty, expected a key");
}

}  // namespace transkimmer
