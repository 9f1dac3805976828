#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <CLI/App.hpp>

#include "server/served/options.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// What `transkimmer serve` is told.
struct ServeOptions {
  std::filesystem::path model;
  EngineOptions engine;
  ServerOptions server;
  std::filesystem::path api_key_file;
  std::string auto_truncate = "true";
  std::string log_level = "info";
  bool allow_special_tokens = false;
  bool json_output = false;
  std::int64_t shutdown_timeout = 30;  ///< seconds
  double request_timeout = 0;          ///< seconds; 0: none
  std::int64_t max_wait_us = 0;
};

/// Adds the options of `serve`, in the words of text-embeddings-inference, with its environment variables.
void add_serve_options(CLI::App& command, ServeOptions& options);

/// Fills in what options say together: the key of the file, the model's name. Throws IoError for a key file
/// that cannot be read, UsageError for one without a key.
void complete(ServeOptions& options);

}  // namespace transkimmer
