// Any text as tokenizer.json: a tokenizer that works, or an Error. Links transkimmer_model_files.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"
#include "transkimmer/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transkimmer;
  ModelConfig config;
  config.vocab_size = 1 << 20;
  try {
    const auto tokenizer =
        parse_tokenizer_json({reinterpret_cast<const char*>(data), size}, "tokenizer.json", config);
    (void)tokenizer->encode("The café, <mask> [MASK] \xFF 日本!", {.max_length = 16});
  } catch (const Error&) {
    // What is refused is refused on purpose.
  }
  return 0;
}
