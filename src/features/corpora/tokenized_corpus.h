#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "datasets/text_corpus.h"
#include "features/corpora/token_file.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// A number that tells tokenizers apart: made of the vocabulary and of what becomes of a sample text, which
/// shows the settings (case, accents, blanks).
std::uint64_t tokenizer_fingerprint(const Tokenizer& tokenizer);

/// How a corpus becomes ids.
struct TokenizationOptions {
  unsigned threads = 1;
  /// Called from time to time with bytes of text read, and how many there are.
  std::function<void(std::uint64_t read, std::uint64_t total)> on_progress;
  std::function<bool()> should_stop;  ///< true: give up, leaving no file
};

/// Tokenises a corpus into a file, written beside and renamed. The result does not depend on the number of
/// threads. Throws IoError, FormatError; Error when told to stop.
void write_token_file(const std::filesystem::path& path, TextCorpus corpus, const Tokenizer& tokenizer,
                      const TokenizationOptions& options);

/// The file at `path`, made from `sources` first when there is none. With no sources it must be there. Throws
/// UsageError naming the file when it was made with another tokenizer or from a text of another size;
/// IoError, FormatError.
TokenFile open_token_file(const std::filesystem::path& path,
                          const std::vector<std::filesystem::path>& sources, const Tokenizer& tokenizer,
                          const TokenizationOptions& options);

}  // namespace transkimmer
