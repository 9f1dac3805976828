#include "model_files/tokenizers/tokenizer_files.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "model_files/tokenizers/settings/added_token_list.h"
#include "model_files/tokenizers/settings/tokenizer_settings.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"
#include "model_files/tokenizers/vocabulary/vocabulary_files.h"
#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/wordpiece/wordpiece.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// Ten times what the largest multilingual vocabularies take.
constexpr std::uint64_t kMaxVocabularyBytes = 256 << 20;

/// The last two are sentence-transformers': how long a text may be, and what stands before it.
constexpr const char* kTokenizerFiles[] = {"vocab.txt",
                                           "vocab.json",
                                           "merges.txt",
                                           "tokenizer.json",
                                           "tokenizer_config.json",
                                           "added_tokens.json",
                                           "special_tokens_map.json",
                                           "sentence_bert_config.json",
                                           "config_sentence_transformers.json"};

SpecialTokens special_tokens_of(const VocabularyBuilder& vocabulary, const SpecialTokenNames& names,
                                const ModelConfig& config) {
  SpecialTokens tokens = {.unknown = vocabulary.required(names.unknown, "unknown-word"),
                          .begin = vocabulary.required(names.begin, "first"),
                          .separator = vocabulary.required(names.separator, "separator"),
                          .mask = vocabulary.find(names.mask)};
  const std::int32_t pad = vocabulary.find(names.pad);
  tokens.pad = pad >= 0 ? pad : static_cast<std::int32_t>(config.pad_token_id);
  return tokens;
}

std::unique_ptr<const Tokenizer> load_wordpiece(const fs::path& path, const ModelConfig& config,
                                                const TokenizerSettings& settings,
                                                const NoticeHandler& notices) {
  VocabularyBuilder vocabulary(path.string(), config.vocab_size);
  read_vocab_txt(read_downloaded_file(path, kMaxVocabularyBytes), vocabulary, notices);
  const SpecialTokenNames names =
      settings.special_tokens.without_dropped(SpecialTokenNames::bert().overridden_by(settings.names));
  AddedTokenList added(vocabulary);
  added.put(settings, names);
  WordPieceModel model;
  model.normalizer.lowercase = settings.do_lower_case.value_or(true);
  model.normalizer.strip_accents = settings.strip_accents.value_or(model.normalizer.lowercase);
  model.normalizer.handle_chinese_chars = settings.tokenize_chinese_chars.value_or(true);
  model.special_tokens = special_tokens_of(vocabulary, names, config);
  model.rules = settings.rules(InputLayout::bert(model.special_tokens.begin, model.special_tokens.separator));
  model.special_in_text = settings.special_in_text();
  model.added_tokens = added.take();
  model.vocabulary = vocabulary.take();
  return std::make_unique<const WordPieceTokenizer>(std::move(model));
}

std::unique_ptr<const Tokenizer> load_byte_level_bpe(const fs::path& directory, const ModelConfig& config,
                                                     const TokenizerSettings& settings) {
  const fs::path vocabulary_path = directory / "vocab.json";
  const fs::path merges_path = directory / "merges.txt";
  VocabularyBuilder vocabulary(vocabulary_path.string(), config.vocab_size);
  read_vocab_json(read_downloaded_file(vocabulary_path, kMaxVocabularyBytes), vocabulary);
  const SpecialTokenNames names =
      settings.special_tokens.without_dropped(SpecialTokenNames::roberta().overridden_by(settings.names));
  ByteLevelBpeModel model;
  model.add_prefix_space = settings.add_prefix_space.value_or(false);
  model.merges = read_merges_txt(read_downloaded_file(merges_path, kMaxVocabularyBytes), merges_path.string(),
                                 vocabulary);
  AddedTokenList added(vocabulary);
  added.put(settings, names);
  model.special_tokens = special_tokens_of(vocabulary, names, config);
  model.rules =
      settings.rules(InputLayout::roberta(model.special_tokens.begin, model.special_tokens.separator));
  model.rules.offset_trims = {{.keeps_prefix_space = model.add_prefix_space}};
  settings.change(model.rules.offset_trims);
  model.special_in_text = settings.special_in_text();
  model.added_tokens = added.take();
  model.vocabulary = vocabulary.take();
  return std::make_unique<const ByteLevelBpeTokenizer>(std::move(model));
}

[[noreturn]] void reject_class(const TokenizerSettings& settings, std::string_view expected) {
  throw FormatError(fmt::format("{}: 'tokenizer_class' is {}, expected {}", settings.named_class_in,
                                in_quotes(*settings.tokenizer_class), expected));
}

/// SentencePiece's own file alone says too little: which ids tokens have in the model is code of a class.
void reject_sentencepiece(const fs::path& directory) {
  for (const char* name :
       {"sentencepiece.bpe.model", "sentencepiece.model", "spiece.model", "spm.model", "tokenizer.model"})
    if (path_exists(directory / name))
      throw FormatError(fmt::format(
          "{}: has no tokenizer.json beside it, and {} is not read here; transformers writes one: "
          "AutoTokenizer.from_pretrained(directory).save_pretrained(directory)",
          (directory / name).string(), name));
}

/// Of a directory without tokenizer.json: the class says which algorithm its vocabulary is for.
std::unique_ptr<const Tokenizer> load_vocabulary_files(const fs::path& directory, const ModelConfig& config,
                                                       const TokenizerSettings& settings,
                                                       const NoticeHandler& notices) {
  const bool has_vocab_txt = path_exists(directory / "vocab.txt");
  const bool has_vocab_json = path_exists(directory / "vocab.json");
  if (!has_vocab_txt && !has_vocab_json) reject_sentencepiece(directory);
  if (!has_vocab_txt && !has_vocab_json)
    throw IoError(
        fmt::format("{}: has no tokenizer: expected tokenizer.json, vocab.txt, or vocab.json and merges.txt",
                    directory.string()));
  const TokenizerFamily family = settings.what.family;
  if (family == TokenizerFamily::described)
    reject_class(settings, "that of BERT or RoBERTa, or a tokenizer.json that says what it does");
  bool wordpiece = has_vocab_txt && (family == TokenizerFamily::bert || !has_vocab_json);
  if (settings.tokenizer_class) {
    wordpiece = family == TokenizerFamily::bert;
    if (wordpiece && !has_vocab_txt) reject_class(settings, "one of RoBERTa, whose vocab.json there is");
    if (!wordpiece && !has_vocab_json) reject_class(settings, "one of BERT, whose vocab.txt there is");
  }
  if (wordpiece) return load_wordpiece(directory / "vocab.txt", config, settings, notices);
  return load_byte_level_bpe(directory, config, settings);
}

}  // namespace

std::unique_ptr<const Tokenizer> load_tokenizer(const fs::path& directory, const ModelConfig& config,
                                                const TokenizerOptions& options) {
  TokenizerSettings settings = TokenizerSettings::load(directory, config);
  settings.split_special_tokens |= options.split_special_tokens;
  if (settings.what.family == TokenizerFamily::other)
    reject_class(settings, "a class that does as its tokenizer.json says: this one is code of its own");
  if (const fs::path path = directory / "tokenizer.json"; path_exists(path))
    return parse_tokenizer_json(read_downloaded_file(path, kMaxVocabularyBytes), path.string(), config,
                                settings);
  return load_vocabulary_files(directory, config, settings, options.notices);
}

std::size_t longest_input(const ModelConfig& config, const Tokenizer& tokenizer, std::size_t asked) {
  const std::size_t wanted = asked > 0 ? asked : tokenizer.input_rules().max_length;
  return std::min(static_cast<std::size_t>(config.max_tokens()), wanted);
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

std::span<const char* const> TokenizerFiles::names() {
  return kTokenizerFiles;
}

bool TokenizerFiles::is_one(std::string_view name) {
  return std::ranges::any_of(kTokenizerFiles, [&](const char* known) { return name == known; });
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
