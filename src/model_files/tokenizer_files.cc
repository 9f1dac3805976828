#include "model_files/tokenizer_files.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/stand_in.h"
#include "model_files/tokenizer_json.h"
#include "model_files/tokenizer_settings.h"
#include "model_files/vocabulary_files.h"
#include "text/byte_level_bpe.h"
#include "text/wordpiece.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// Ten times what the largest multilingual vocabularies take.
constexpr std::uint64_t kMaxVocabularyBytes = 256 << 20;

constexpr const char* kTokenizerFiles[] = {"vocab.txt",
                                           "vocab.json",
                                           "merges.txt",
                                           "tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json"};

/// The special tokens that the vocabulary has, as transformers adds them: a mask swallows the blank before it
/// in RoBERTa.
std::vector<AddedToken> special_added_tokens(const SpecialTokenNames& names,
                                             const VocabularyBuilder& vocabulary, bool mask_strips_left) {
  std::vector<AddedToken> tokens;
  for (const std::string* name : {&names.pad, &names.unknown, &names.begin, &names.separator, &names.mask}) {
    const std::int32_t id = vocabulary.find(*name);
    if (id >= 0)
      tokens.push_back({.content = *name, .id = id, .lstrip = name == &names.mask && mask_strips_left});
  }
  return tokens;
}

std::unique_ptr<const Tokenizer> load_wordpiece(const fs::path& path, const ModelConfig& config,
                                                const TokenizerSettings& settings,
                                                const NoticeHandler& notices) {
  VocabularyBuilder vocabulary(path.string(), config.vocab_size);
  read_vocab_txt(read_downloaded_file(path, kMaxVocabularyBytes), vocabulary, notices);
  const SpecialTokenNames names = SpecialTokenNames::bert().overridden_by(settings.names);
  WordPieceModel model;
  model.normalizer.lowercase = settings.do_lower_case.value_or(true);
  model.normalizer.strip_accents = settings.strip_accents.value_or(model.normalizer.lowercase);
  model.normalizer.handle_chinese_chars = settings.tokenize_chinese_chars.value_or(true);
  model.special_tokens = vocabulary.special_tokens(names, config.pad_token_id);
  model.added_tokens = special_added_tokens(names, vocabulary, /*mask_strips_left=*/false);
  model.vocabulary = vocabulary.take();
  return std::make_unique<const WordPieceTokenizer>(std::move(model));
}

std::unique_ptr<const Tokenizer> load_byte_level_bpe(const fs::path& directory, const ModelConfig& config,
                                                     const TokenizerSettings& settings) {
  const fs::path vocabulary_path = directory / "vocab.json";
  const fs::path merges_path = directory / "merges.txt";
  VocabularyBuilder vocabulary(vocabulary_path.string(), config.vocab_size);
  read_vocab_json(read_downloaded_file(vocabulary_path, kMaxVocabularyBytes), vocabulary);
  const SpecialTokenNames names = SpecialTokenNames::roberta().overridden_by(settings.names);
  ByteLevelBpeModel model;
  model.add_prefix_space = settings.add_prefix_space.value_or(false);
  model.merges = read_merges_txt(read_downloaded_file(merges_path, kMaxVocabularyBytes), merges_path.string(),
                                 vocabulary);
  model.special_tokens = vocabulary.special_tokens(names, config.pad_token_id);
  model.added_tokens = special_added_tokens(names, vocabulary, /*mask_strips_left=*/true);
  model.vocabulary = vocabulary.take();
  return std::make_unique<const ByteLevelBpeTokenizer>(std::move(model));
}

}  // namespace

std::unique_ptr<const Tokenizer> load_tokenizer(const fs::path& directory, const ModelConfig& config,
                                                const TokenizerOptions& options) {
  const TokenizerSettings settings = TokenizerSettings::load(directory);
  if (const fs::path path = directory / "tokenizer.json"; path_exists(path)) {
    return parse_tokenizer_json(read_downloaded_file(path, kMaxVocabularyBytes), path.string(), config,
                                settings);
  }
  const bool has_vocab_txt = path_exists(directory / "vocab.txt");
  const bool has_vocab_json = path_exists(directory / "vocab.json");
  if (has_vocab_txt && (config.architecture == Architecture::bert || !has_vocab_json)) {
    return load_wordpiece(directory / "vocab.txt", config, settings, options.notices);
  }
  if (has_vocab_json) return load_byte_level_bpe(directory, config, settings);
  throw IoError(
      fmt::format("{}: has no tokenizer: expected tokenizer.json, vocab.txt, or vocab.json and merges.txt",
                  directory.string()));
}

TokenizerFiles TokenizerFiles::read(const fs::path& directory) {
  TokenizerFiles files;
  for (const char* name : kTokenizerFiles) {
    if (path_exists(directory / name))
      files.contents_[name] = read_downloaded_file(directory / name, kMaxVocabularyBytes);
  }
  if (files.contents_.empty()) throw IoError(directory.string() + ": has no tokenizer files");
  return files;
}

void TokenizerFiles::write(const fs::path& directory) const {
  for (const char* name : kTokenizerFiles) {
    if (const auto found = contents_.find(name); found != contents_.end()) {
      write_file_atomically(directory / name, found->second);
    } else {
      remove_recursively(directory / name);
    }
  }
}

void copy_tokenizer_files(const fs::path& source, const fs::path& destination) {
  TokenizerFiles::read(source).write(destination);
}

}  // namespace transkimmer
