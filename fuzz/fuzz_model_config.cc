// Any bytes as config.json: either a configuration that survives being written and read, or the error is
// FormatError.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model_files/config/model_config.h"
#include "transkimmer/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using transkimmer::ModelConfig;
  ModelConfig config;
  try {
    config = ModelConfig::parse({reinterpret_cast<const char*>(data), size}, "config.json");
  } catch (const transkimmer::FormatError&) {
    return 0;
  }
  // What was accepted must be usable: no size that overflows or divides by zero.
  if (config.head_size() < 1 || config.max_tokens() < 1) std::abort();
  const std::string written = config.to_json();
  const ModelConfig read = ModelConfig::parse(written, "config.json");
  if (read.to_json() != written || read.head != config.head || read.labels != config.labels) std::abort();
  return 0;
}
