#pragma once

#include <cstdint>
#include <string_view>

namespace transkimmer {

/// What the name of a transformers tokenizer class says about how its texts are read.
enum class TokenizerFamily : std::uint8_t {
  bert,       ///< WordPiece; what its settings say goes before tokenizer.json
  roberta,    ///< byte-level BPE; likewise
  described,  ///< as tokenizer.json says and no other file: without one there is no tokenizer
  other       ///< an algorithm of its own: not what a tokenizer.json beside it says
};

/// What a class of Hugging Face's tokenizers makes of its files.
struct TokenizerClass {
  TokenizerFamily family = TokenizerFamily::described;
  bool gives_types = true;  ///< its model inputs have token_type_ids
  /// Of `described`: transformers builds it anew of its settings, so that these may contradict
  /// tokenizer.json.
  bool rebuilt = false;
  /// Of these: do_lower_case and keep_accents are among its settings.
  bool reads_case = true;
};

/// With or without "Fast" at its end. A class that is not known counts as `described`.
TokenizerClass tokenizer_class_named(std::string_view name);

}  // namespace transkimmer
