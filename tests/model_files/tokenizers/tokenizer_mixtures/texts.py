"""Texts that tell tokenizers apart."""

WORDS = ("the a of cat sat on mat unbelievable running runner lower lowest new newer widest York New wasn't they'll we've "
         "I'm he'd it's don't Straße naïve café Ångström résumé ÉCOLE İstanbul ǅungla ΣΊΣΥΦΟΣ σίσυφος Привет мир ЁЛКА "
         "日本語 中文字符 𠀀𠀁 한국어 각 שלום مرحبا हिन्दी ไทย ქართული 1234 3.14 x² ½ Ⅷ ٣٤ e-mail a_b snake_case C++ http://x.y/z?q=1").split()
SPACES = [" ", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\xA0", "\u3000", "\u2003", "\u2028", "\x0B", "\x0C", "\x85",
          "\u1680", "\u202F", " \t ", "\u200A "]
CONTROLS = ["\0", "\x01", "\x1C", "\x1F", "\x7F", "\u200B", "\u200C", "\u200D", "\uFEFF", "\uFFFD", "\xAD", "\u202E",
            "\uE000", "\U000F0000", "\U0010FFFF", "\u0378", "\u0600", "\U000E0001", "\u2060"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list("¡§«»¿‘’“”…—、。「」・！？،؛।՝·‿⁀€©→×÷") + ["\u166D", "\U000111C9"]
COMBINED = ["e\u0301", "\u0301", "\u0301e", "a\u0323\u0307", "q\u0307\u0323", "o\u031B\u0323", "\u1100\u1161\u11A8",
            "\u0344", "\u1B44\u302E", "\u302E\u1B44x", "\u0F73", "\u0958", "\u212B", "\u1E9E", "\uFB01", "\u0149", "\u0345",
            "ά\u0345", "\u1FBE", "K", "\U0001D160", "\U0001D15F", "\u0DDD", "\u0E33", "\u3099か", "\U00011938", "\u0899\u1B44",
            "\u0C3C\u302F", "\U0001E8D0", "\u20DD", "\u0903", "\u1734", "\u2126"]
EMOJI = ["😀", "👩\u200D👩\u200D👧", "👍🏽", "🇩🇪", "❤\uFE0F", "1\uFE0F\u20E3", "🏴\U000E0067\U000E0062\U000E007F"]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "’s", "'", "''", "'l", "'v"]
# Blocks of many scripts, and ranges around what one version of Unicode knows and another does not.
BLOCKS = [(0x20, 0x7E), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
          (0x530, 0x58F), (0x590, 0x5FF), (0x600, 0x6FF), (0x700, 0x7FF), (0x890, 0x8FF), (0x900, 0xDFF), (0xE00, 0xFFF),
          (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x13A0, 0x13FF), (0x1680, 0x17FF), (0x1800, 0x1AFF),
          (0x1B00, 0x1CFF), (0x1DC0, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x23FF), (0x2460, 0x24FF), (0x2C00, 0x2E7F),
          (0x3000, 0x30FF), (0x3400, 0x3500), (0x4E00, 0x4F00), (0x9FF0, 0xA000), (0xA640, 0xA7FF), (0xA800, 0xABFF),
          (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x101FF), (0x10400, 0x105FF), (0x10A00, 0x10FFF),
          (0x11000, 0x11FFF), (0x13430, 0x13460), (0x16E40, 0x16FFF), (0x1CF00, 0x1D1FF), (0x1E000, 0x1E9FF),
          (0x1F100, 0x1F1FF), (0x1F300, 0x1F6FF), (0x20000, 0x20100), (0x2A6D0, 0x2A710), (0x2B810, 0x2B930),
          (0x2CEA0, 0x2CEB8), (0x2F800, 0x2FA1F), (0x30000, 0x32400), (0xE0000, 0xE01FF), (0xF0000, 0x10FFFF)]
INVALID = [b"\xFF", b"\x80", b"\xC3", b"\xE2\x82", b"\xF0\x9F\x98", b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE0\x80"]


def random_character(rng):
    first, last = rng.choice(BLOCKS)
    return chr(rng.randint(first, last))


def random_run(rng):
    """Some neighbours of one block."""
    first, last = rng.choice(BLOCKS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(2, 6)))


def changed_case(rng, text):
    return rng.choice((text, text, text.upper(), text.lower(), text.swapcase(), text.title()))


def fragment(rng, tokens):
    """A piece of text; `tokens` are the contents of special and added ones."""
    kind = rng.random()
    if kind < 0.30:
        return changed_case(rng, rng.choice(WORDS))
    if kind < 0.50 and tokens:
        token = rng.choice(tokens)
        return token if rng.random() < 0.8 else changed_case(rng, token)
    if kind < 0.62:
        return rng.choice(SPACES)
    if kind < 0.86:
        return rng.choice(rng.choice((PUNCTUATION, COMBINED, CONTRACTIONS, EMOJI, CONTROLS)))
    if kind < 0.92:
        return random_character(rng)
    if kind < 0.98:
        return random_run(rng)
    return rng.choice(("a", "ab", "é", "日", "\u0301", "x\u0301")) * rng.choice((3, 21, 99, 100, 101, 230))


def random_text(rng, tokens):
    """Fragments, glued together or with blanks between."""
    glue = rng.choice(("", "", " ", " ", None))
    pieces = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4, 6, 8, 12))):
        if pieces:
            pieces.append(rng.choice(("", " ")) if glue is None else glue)
        pieces.append(fragment(rng, tokens))
    return "".join(pieces)


def random_bytes(rng, tokens):
    """A text with some bytes that are no UTF-8 between."""
    return b"".join(rng.choice((rng.choice(INVALID), b"", b" ")) + random_text(rng, tokens).encode() for _ in range(3))
