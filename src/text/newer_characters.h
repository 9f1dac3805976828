#pragma once

namespace transkimmer {

/// Whether a nonspacing mark, punctuation or format character came into Unicode after version 8. Hugging
/// Face's tokenizers know these categories from that version's tables: to them, newer ones are like letters.
/// Only meaningful for characters of these categories, up to Unicode 15.
bool is_newer_than_unicode_8(char32_t c);

}  // namespace transkimmer
