#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model_files/json/settings_file.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"
#include "text/added_tokens.h"

namespace transkimmer {

/// A special token: its key in settings, and where its name is kept.
struct NamedPart {
  const char* key;
  std::string SpecialTokenNames::*name;
};
/// In the order in which transformers numbers those that the vocabulary lacks.
inline constexpr std::array kNamedParts = {NamedPart{"bos_token", &SpecialTokenNames::bos},
                                           NamedPart{"eos_token", &SpecialTokenNames::eos},
                                           NamedPart{"unk_token", &SpecialTokenNames::unknown},
                                           NamedPart{"sep_token", &SpecialTokenNames::separator},
                                           NamedPart{"pad_token", &SpecialTokenNames::pad},
                                           NamedPart{"cls_token", &SpecialTokenNames::begin},
                                           NamedPart{"mask_token", &SpecialTokenNames::mask}};

/// A special token as a settings file writes it; its id is still to be found (-1).
struct WrittenToken {
  AddedToken token;
  bool is_text = false;                ///< and no object: to transformers the two are never the same
  bool normalized_by_default = false;  ///< the object leaves `normalized` open, for the opposite of `special`
  bool operator==(const WrittenToken& other) const {
    return token == other.token && is_text == other.is_text;
  }
};

/// Special tokens that settings files name, with their flags.
struct SpecialTokenSettings {
  std::array<std::optional<WrittenToken>, kNamedParts.size()> parts;
  /// Parts that a file says null for: the model has none, whatever its class would take by default.
  std::array<bool, kNamedParts.size()> dropped = {};
  /// Parts that stand among a model's own keys: flags of an added token of the same text do not count for
  /// them.
  std::array<bool, kNamedParts.size()> keyed = {};
  std::vector<WrittenToken> model_specific;  ///< under keys of the model's own: "image_token", say
  std::vector<WrittenToken> extra;           ///< without a key

  SpecialTokenNames names() const;
  SpecialTokenNames without_dropped(SpecialTokenNames names) const;
};

/// Reads them as transformers does, which makes one set of arguments of both files. Its functions throw
/// FormatError naming the file and the key.
class SpecialTokenReader {
 public:
  void read_tokenizer_config(const SettingsFile& file);
  /// After tokenizer_config.json, before which it goes.
  void read_special_tokens_map(const SettingsFile& file);
  /// The texts by which a token of added_tokens.json is a special one.
  std::set<std::string> special_in_added_tokens() const;
  SpecialTokenSettings take();

 private:
  using KeyedTokens = std::vector<std::pair<std::string, WrittenToken>>;
  /// That a list is there says something, if it is empty or null, too.
  using TokenList = std::optional<std::vector<WrittenToken>>;

  void read_parts(const SettingsFile& file, bool is_map);
  void read_lists(const SettingsFile& file);
  void read_lists_of_map(const SettingsFile& file);
  TokenList list(const SettingsFile& file, const char* key, bool is_map);
  void read_keyed(const SettingsFile& file, const char* key);

  SpecialTokenSettings settings_;
  std::array<bool, kNamedParts.size()> part_is_text_ = {};
  KeyedTokens keyed_;        // model-specific
  KeyedTokens first_keyed_;  // those that are numbered before; of one key the token in keyed_ counts
  TokenList additional_;
  TokenList extra_;
  std::set<std::string> extra_texts_;
};

}  // namespace transkimmer
