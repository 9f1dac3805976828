#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace transkimmer {

/// The text that tokens spell, as the decoder of Hugging Face's tokenizers has it: continuing pieces of
/// WordPiece joined and blanks before punctuation removed; the marks of sentencepiece's vocabularies
/// (Unigram) as blanks, but for one that begins the text; the symbols of byte-level BPE as bytes, those that
/// are no UTF-8 replaced. `skip_special_tokens` leaves out padding, unknown, begin, separator and mask.
/// Throws UsageError for an id out of range.
std::string decode(const Tokenizer& tokenizer, std::span<const std::int32_t> ids, bool skip_special_tokens);

/// The text that tokens spell, of which none is special.
std::string decode(const Tokenizer& tokenizer, std::span<const std::string_view> tokens);

}  // namespace transkimmer
