#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model_files/config/model_config.h"
#include "model_files/tokenizers/settings/special_token_settings.h"
#include "model_files/tokenizers/settings/tokenizer_class.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"
#include "text/added_tokens.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// What `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` say, and of config.json
/// the class of the tokenizer; absent where they say nothing. Which file goes before which is as in
/// transformers: where tokenizer_config.json has an added_tokens_decoder the other two are not looked at;
/// elsewhere special_tokens_map.json goes before tokenizer_config.json.
struct TokenizerSettings {
  std::optional<bool> do_lower_case;
  std::optional<bool> strip_accents;
  bool names_strip_accents = false;  ///< if only to say null: as the case
  std::optional<bool> tokenize_chinese_chars;
  std::optional<bool> add_prefix_space;
  std::optional<bool> trim_offsets;
  std::optional<bool> keep_accents;              ///< of AlbertTokenizer and its like alone
  std::optional<bool> clean_text;                ///< of FunnelTokenizer alone
  std::optional<std::string> wordpieces_prefix;  ///< likewise
  std::optional<std::string> tokenizer_class;
  std::string named_class_in;  ///< the file that tokenizer_class is from
  TokenizerClass what;         ///< of tokenizer_class, or else of the architecture
  bool gives_types = true;     ///< token_type_ids are among the model's inputs
  bool split_special_tokens = false;
  std::optional<TruncationSide> truncation_side;
  /// model_max_length; of an encoder without a task head max_seq_length of sentence_bert_config.json, where
  /// there is one, as sentence-transformers has it.
  std::size_t max_length = SIZE_MAX;

  SpecialTokenSettings special_tokens;
  SpecialTokenNames names;  ///< of those that have a part
  /// Added tokens with the ids that the file says, in its order.
  std::vector<AddedToken> added_tokens;
  /// Those of them for which the file leaves `normalized` open: it is the opposite of special.
  std::set<std::string> normalized_by_default;
  std::string added_tokens_origin;  ///< the file that they are from
  bool has_decoder = false;         ///< which is tokenizer_config.json

  /// From the files where `directory` has them. Throws IoError, or FormatError naming the file and the key.
  static TokenizerSettings load(const std::filesystem::path& directory, const ModelConfig& config);
  /// tokenizer_class, or the one that stands for it.
  std::string class_name() const;
  /// Whether they go before tokenizer.json.
  bool go_first() const { return what.family != TokenizerFamily::described; }
  /// How inputs are made in a layout. Types are dropped where the model is given none.
  InputRules rules(InputLayout layout) const;
  /// Trimming of offsets as trim_offsets and add_prefix_space have it, where they are set.
  void change(std::vector<OffsetTrim>& trims) const;
  SpecialTokensInText special_in_text() const {
    return split_special_tokens ? SpecialTokensInText::split : SpecialTokensInText::whole;
  }

  /// Where no file says anything.
  static TokenizerSettings of(const ModelConfig& config);
};

}  // namespace transkimmer
