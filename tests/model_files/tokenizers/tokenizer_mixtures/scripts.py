"""Lines in thirty scripts, of letters, marks and digits as Unicode's ranges have them."""

import unicodedata

SCRIPTS = {
    "Latin": [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF)], "Greek": [(0x370, 0x3FF), (0x1F00, 0x1FFF)],
    "Cyrillic": [(0x400, 0x52F)], "Armenian": [(0x531, 0x587)], "Hebrew": [(0x591, 0x5F4)], "Arabic": [(0x610, 0x6FF)],
    "Syriac": [(0x700, 0x74F)], "Thaana": [(0x780, 0x7B1)], "NKo": [(0x7C0, 0x7FA)], "Devanagari": [(0x900, 0x97F)],
    "Bengali": [(0x980, 0x9FE)], "Gurmukhi": [(0xA01, 0xA76)], "Gujarati": [(0xA81, 0xAFF)], "Oriya": [(0xB01, 0xB77)],
    "Tamil": [(0xB82, 0xBFA)], "Telugu": [(0xC00, 0xC7F)], "Kannada": [(0xC80, 0xCF2)], "Malayalam": [(0xD00, 0xD7F)],
    "Sinhala": [(0xD81, 0xDF4)], "Thai": [(0xE01, 0xE5B)], "Lao": [(0xE81, 0xEDF)], "Tibetan": [(0xF00, 0xFDA)],
    "Myanmar": [(0x1000, 0x109F)], "Georgian": [(0x10A0, 0x10FF)], "Hangul": [(0x1100, 0x11FF), (0xAC00, 0xD7A3)],
    "Ethiopic": [(0x1200, 0x139F)], "Cherokee": [(0x13A0, 0x13FD)], "Khmer": [(0x1780, 0x17F9)],
    "Mongolian": [(0x1800, 0x18AA)], "Kana": [(0x3041, 0x30FF), (0xFF65, 0xFF9F)],
    "Han": [(0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF)], "Gothic": [(0x10330, 0x1034A)]}


def _assigned(ranges, kinds):
    return [chr(c) for first, last in ranges for c in range(first, last + 1) if unicodedata.category(chr(c))[0] in kinds]


LETTERS = {script: _assigned(ranges, "L") for script, ranges in SCRIPTS.items()}
MARKS = {script: _assigned(ranges, "M") or ["\u0301"] for script, ranges in SCRIPTS.items()}
OTHERS = {script: _assigned(ranges, "NPS") or list("0123456789.") for script, ranges in SCRIPTS.items()}
# What stands in every script's texts, some of it changed by normalizers.
COMMON = list(" ,.!?-'\"()0123456789") + list("。、「」“”‘’…—×½²№™©ﬁﬀ①Ⅷ㎏㈱Åℌ\u200B\u200D\u00AD\u3000\u00A0\uFEFF\u2028\t\n\r\x01\x7F") + ["\r\n", "  ", "   "]


def random_word(rng, script):
    """Letters of a few that come often, so that pieces are found again; some with marks."""
    letters = LETTERS[script]
    few = letters[:max(4, len(letters) // 8)] if rng.random() < 0.6 else letters
    word = ""
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 8, 12))):
        word += rng.choice(few)
        while rng.random() < 0.15:
            word += rng.choice(MARKS[script])
    return word


def random_line(rng):
    """Some words, mostly of one script."""
    script = rng.choice(list(SCRIPTS))
    parts = []
    for _ in range(rng.choice((1, 2, 3, 5, 8, 13))):
        kind = rng.random()
        if kind < 0.75:
            parts.append(random_word(rng, script))
        elif kind < 0.85:
            parts.append(random_word(rng, rng.choice(list(SCRIPTS))))
        else:
            parts.append(rng.choice(OTHERS[script] if rng.random() < 0.5 else COMMON))
        if rng.random() < 0.7:
            parts.append(" " if rng.random() < 0.9 else rng.choice(COMMON))
    return "".join(parts)
