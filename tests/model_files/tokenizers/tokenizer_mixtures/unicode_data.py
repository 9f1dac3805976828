"""Asks `tokenizers` what it takes every character for, and writes the answers as src/text/unicode/unicode_data.cc."""

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

from .byte_symbols import SYMBOL_OF_BYTE
from .grapheme_classes import GRAPHEME_SHIFT, grapheme_classes

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
LINE_WIDTH = 110
# The names of character_flags in src/text/unicode/unicode_data.h, by bit.
(LETTER, NUMBER, PUNCTUATION, REMOVED, NONSPACING, WORD, DECOMPOSED, REORDERED, MARK, NUMERIC,
 COMPATIBLE) = (1 << bit for bit in range(11))

HEAD = """\
// Written by `tests/model_files/tokenizers/differential.py --write-unicode-data` from what the Python package tokenizers
// {version} does with every character. Do not edit.
#include "text/unicode/unicode_data.h"

namespace transkimmer {{
namespace {{

// clang-format off
constexpr CharacterRun kCharacterRuns[] = {{
{characters}
}};

constexpr LowerCaseRun kLowerCaseRuns[] = {{
{lower_case}
}};
// clang-format on

}}  // namespace

std::span<const CharacterRun> character_runs() {{
  return kCharacterRuns;
}}

std::span<const LowerCaseRun> lower_case_runs() {{
  return kLowerCaseRuns;
}}

}}  // namespace transkimmer
"""


def bert_normalizer(**chosen):
    options = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**options, **chosen})


def single_word_matcher():
    """Whether a character is one of a word: an added token that stands alone is not found beside it."""
    tokenizer = Tokenizer(models.BPE({symbol: byte for byte, symbol in SYMBOL_OF_BYTE.items()}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_tokens([AddedToken("QQ", single_word=True, normalized=False)])
    added = tokenizer.token_to_id("QQ")
    return lambda character: tokenizer.encode(character + "QQ").ids[-1] != added


def flags_of_characters():
    """For each code point the flags of what it is taken for."""
    decompose = normalizers.NFD().normalize_str
    decompose_further = normalizers.NFKD().normalize_str
    strip_marks = normalizers.StripAccents().normalize_str
    digits = pre_tokenizers.Digits(individual_digits=False).pre_tokenize_str
    classes = grapheme_classes(CODE_POINTS)
    clean = bert_normalizer(clean_text=True).normalize_str
    strip = bert_normalizer(strip_accents=True).normalize_str
    words = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    bert_words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    is_of_word = single_word_matcher()

    def joins(character, neighbour):
        return words(neighbour + character)[0][1][1] == 2

    def flags(c):
        decomposed = decompose(c)
        # U+0334 is of combining class 1, U+0345 of 240: all others but 0 lie between them.
        is_reordered = decomposed == c and (decompose("\u0345" + c)[0] == c or decompose(c + "\u0334")[-1] == c)
        return (LETTER * joins(c, "a") | NUMBER * joins(c, "1") |
                PUNCTUATION * (bert_words("a" + c + "b")[1:2] == [(c, (1, 2))]) | REMOVED * (clean(c) == "") |
                NONSPACING * (decomposed == c and strip(c) == "") | WORD * is_of_word(c) |
                DECOMPOSED * (decomposed != c) | REORDERED * is_reordered | MARK * (strip_marks(c) == "") |
                NUMERIC * (len(digits("a" + c)) == 2) | COMPATIBLE * (decompose_further(c) != decomposed) |
                classes[ord(c)] << GRAPHEME_SHIFT)

    return {c: flags(chr(c)) for c in CODE_POINTS}


def character_runs(flags):
    runs = []
    for c in CODE_POINTS:
        if not runs or runs[-1][1] != flags[c]:
            runs.append((c, flags[c]))
    return runs


def lower_case_pairs():
    lower = bert_normalizer(lowercase=True).normalize_str
    pairs = [(c, text) for c in CODE_POINTS if (text := lower(chr(c))) != chr(c)]
    # U+0130 becomes two characters: src/text/unicode/unicode.cc knows it.
    assert [c for c, text in pairs if len(text) != 1] == [0x130]
    return [(c, ord(text)) for c, text in pairs if len(text) == 1]


def lower_case_runs(pairs):
    """[first, last, step, distance to lower case] for characters at one or two places from each other."""
    runs = []
    for c, lower in pairs:
        first, last, step, distance = runs[-1] if runs else (0, -9, 0, 0)
        if lower - c == distance and c - last in ((step,) if last > first else (1, 2)):
            runs[-1] = [first, c, c - last, distance]
        else:
            runs.append([c, c, 1, lower - c])
    return runs


def table(entries):
    lines = ["  "]
    for entry in entries:
        if len(lines[-1]) + len(entry) + 1 > LINE_WIDTH:
            lines.append("  ")
        lines[-1] += entry + ","
    return "\n".join(lines)


def write_unicode_data(path):
    flags = flags_of_characters()
    characters = [f"{{0x{c:X},{value}}}" for c, value in character_runs(flags)]
    lower_case = [f"{{0x{first:X},0x{last:X},{step},{distance}}}"
                  for first, last, step, distance in lower_case_runs(lower_case_pairs())]
    path.write_text(HEAD.format(version=tokenizers.__version__, characters=table(characters),
                                lower_case=table(lower_case)))
