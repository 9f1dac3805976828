#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/notice.h"
#include "model_files/config/model_config.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// What a caller wants of a tokenizer beyond its files.
struct TokenizerOptions {
  NoticeHandler notices = {};  ///< is told of tokens that vocab.txt has twice
  /// Special tokens that are written out in a text are read as plain text. (tokenizer_config.json may say so,
  /// too.)
  bool split_special_tokens = false;
};

/// The tokenizer of a model directory: its `tokenizer.json`, or `vocab.txt` for BERT, or `vocab.json` +
/// `merges.txt` for RoBERTa; settings and added tokens from
/// `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` where present (defaults as in
/// transformers). Where both forms exist `tokenizer.json` is preferred, as transformers does. Throws IoError
/// or FormatError naming the file (and line); also for a `tokenizer_class` whose algorithm is not supported,
/// and when an id lies beyond `config.vocab_size`.
std::unique_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& directory,
                                                const ModelConfig& config,
                                                const TokenizerOptions& options = {});

/// The tokens that an input is cut to: as many as are `asked` for, or for 0 as the tokenizer's files say, but
/// no more than the position table allows.
std::size_t longest_input(const ModelConfig& config, const Tokenizer& tokenizer, std::size_t asked = 0);

/// The files of a model directory that make up its tokenizer, in memory: they can be written when the
/// directory is no longer there.
class TokenizerFiles {
 public:
  /// Throws IoError for a directory without any.
  static TokenizerFiles read(const std::filesystem::path& directory);
  /// Writes them into `directory` (which exists), and removes there those that they lack: a tokenizer.json of
  /// another model would win over a vocab.txt. Throws IoError.
  void write(const std::filesystem::path& directory) const;
  /// The names of all files that may be part of a tokenizer.
  static std::span<const char* const> names();
  /// Whether a file of this name is part of a tokenizer.
  static bool is_one(std::string_view name);

 private:
  std::map<std::string, std::string> contents_;  ///< by name
};

/// Reads those of `source` and writes them into `destination`, which exists. Throws IoError.
void copy_tokenizer_files(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace transkimmer
