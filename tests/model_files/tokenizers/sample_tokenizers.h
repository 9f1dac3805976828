#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model_files/tokenizers/tokenizer_files.h"

namespace transkimmer {

/// BERT's tokenizer where the directory has a vocab.txt, else RoBERTa's.
inline std::unique_ptr<const Tokenizer> load_any_tokenizer(const std::filesystem::path& directory) {
  ModelConfig config;
  config.vocab_size = 1 << 20;
  const bool is_bert = std::filesystem::exists(directory / "vocab.txt");
  config.model_type = is_bert ? "bert" : "roberta";
  return load_tokenizer(directory, config);
}

/// tests/data/tokenizer.
inline std::filesystem::path tokenizer_fixture() {
  return std::filesystem::path(TRANSKIMMER_TEST_DATA) / "tokenizer";
}

/// A small tokenizer that is committed with the tests: "wordpiece" or "byte-level-bpe".
inline std::unique_ptr<const Tokenizer> sample_tokenizer(const std::string& name) {
  return load_any_tokenizer(tokenizer_fixture() / name);
}

/// Folder of real data: TRANSKIMMER_DATA, or shared/data beside the checkout. May not exist.
inline std::filesystem::path real_data() {
  const char* named = std::getenv("TRANSKIMMER_DATA");
  if (named != nullptr) return named;
  return std::filesystem::path(TRANSKIMMER_TEST_DATA) / "../../../shared/data";
}

/// A text's pieces as the vocabulary spells them.
inline std::vector<std::string> tokens_of(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> tokens;
  for (const Piece& piece : tokenizer.pieces(text)) tokens.emplace_back(tokenizer.token(piece.id));
  return tokens;
}

/// What the offsets of a text's pieces cut out of it.
inline std::vector<std::string> sources_of(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> sources;
  for (const Piece& piece : tokenizer.pieces(text)) {
    sources.emplace_back(text.substr(piece.offset.begin, piece.offset.end - piece.offset.begin));
  }
  return sources;
}

}  // namespace transkimmer
