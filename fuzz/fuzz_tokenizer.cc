// Any bytes through both tokenizers. Links transkimmer_model_files; needs TRANSKIMMER_TEST_DATA, the folder
// tests/data.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include "model_files/tokenizer_files.h"

namespace {

using namespace transkimmer;

std::unique_ptr<const Tokenizer> load(const char* name) {
  ModelConfig config;
  config.vocab_size = 1 << 20;
  return load_tokenizer(std::filesystem::path(TRANSKIMMER_TEST_DATA) / "tokenizer" / name, config);
}

/// Offsets lie in the text and ids in the vocabulary.
void check(const Tokenizer& tokenizer, std::string_view text) {
  for (const Piece& piece : tokenizer.pieces(text)) {
    if (piece.offset.begin > piece.offset.end || piece.offset.end > text.size()) std::abort();
    (void)tokenizer.token(piece.id);
  }
  const Encoding encoding = tokenizer.encode_pair(text.substr(0, text.size() / 2), text, {.max_length = 16});
  if (encoding.ids.size() > 16) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto wordpiece = load("wordpiece");
  static const auto byte_level_bpe = load("byte-level-bpe");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(*wordpiece, text);
  check(*byte_level_bpe, text);
  return 0;
}
