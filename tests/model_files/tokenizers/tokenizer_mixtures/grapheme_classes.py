"""Asks `tokenizers` where it takes neighbouring characters for one grapheme cluster.

It shows in a precompiled character map alone: of a cluster of fewer than six bytes the shortest key at its beginning is
replaced, and what follows it is lost. With this map every cluster of that length becomes one x, and in longer ones each
character does.
"""

from tokenizers import normalizers

from .character_maps import map_of_bytes

GRAPHEME_SHIFT = 12
# The names of GraphemeClass in src/text/unicode/unicode_data.h.
(OTHER, CONTROL, EXTEND, PLAIN_EXTEND, LINKER, SPACING, PREPEND, HANGUL_L, HANGUL_V, HANGUL_T, SYLLABLE, PICTOGRAPH,
 CONSONANT) = range(13)

MAP = map_of_bytes({ord("a"): "b", **{lead: "x" for lead in range(0xC2, 0xF5)}})
JOINER, KA, VIRAMA = "\u200D", "\u0915", "\u094D"
# Of two bytes each: a mark, a sign that goes with what follows it, a pictograph.
ACUTE, PREPENDED, COPYRIGHT = "\u0301", "\u0600", "\xA9"


def class_of(c, changed):
    """`changed` is what the map makes of a text."""
    def joins(before, after):
        return changed(before + c + after) == "x" * len(before + c + after)

    if 0xAC00 <= ord(c) <= 0xD7A3:
        return SYLLABLE
    if changed("a" + c) == "b":
        if not joins("\U0001F600", JOINER + COPYRIGHT + ACUTE):
            return SPACING
        if joins(KA, KA + ACUTE):
            return LINKER
        return EXTEND if joins(KA, VIRAMA + KA + ACUTE) else PLAIN_EXTEND
    if c.isascii():
        return CONTROL if changed(c + ACUTE + ACUTE) == c + "x" else OTHER
    if changed(c + ACUTE + ACUTE) == "xx":
        return CONTROL
    if changed(c + "a") == "x":
        return PREPEND
    after_l, after_v = joins(PREPENDED + "\u1100", ""), joins(PREPENDED + "\u1161", "")
    if after_l or after_v:
        return HANGUL_V if after_l and after_v else HANGUL_L if after_l else HANGUL_T
    if joins("", JOINER + COPYRIGHT + ACUTE):
        return PICTOGRAPH
    return CONSONANT if joins("", VIRAMA + KA + ACUTE) else OTHER


def grapheme_classes(code_points):
    """By code point."""
    changed = normalizers.Precompiled(MAP).normalize_str
    return {c: class_of(chr(c), changed) for c in code_points}
