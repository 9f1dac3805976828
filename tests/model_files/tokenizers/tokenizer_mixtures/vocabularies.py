"""Small vocabularies of both families, made of the pieces that the texts are made of."""

from .byte_symbols import SYMBOL_OF_BYTE, spelled
from .texts import COMBINED, PUNCTUATION

OTHER_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789" + "".join(PUNCTUATION) + "".join(COMBINED)


def numbered(rng, special, tokens):
    """Ids for tokens in random order; the special ones come first, last or between."""
    tokens = [token for token in dict.fromkeys(tokens) if token not in special]
    rng.shuffle(tokens)
    place = rng.choice((0, 0, len(tokens), rng.randint(0, len(tokens))))
    return {token: number for number, token in enumerate(tokens[:place] + special + tokens[place:])}


def random_part(rng, text):
    begin = rng.randrange(len(text))
    return text[begin:begin + rng.randint(1, 5)]


def wordpiece_vocabulary(rng, special, prefix, words):
    alphabet = set("".join(words) + "".join(words).lower() + OTHER_LETTERS)
    letters = [c for c in sorted(alphabet) if c.isascii() or rng.random() < 0.4]
    tokens = [c for c in letters if rng.random() < 0.95]
    tokens += [prefix + c for c in letters if rng.random() < 0.9]
    for word in words:
        word = rng.choice((word, word.lower()))
        tokens += [prefix * rng.randint(0, 1) + random_part(rng, word) for _ in range(2)]
        tokens += [word] * rng.randint(0, 1)
    return numbered(rng, special, tokens)


def merged(symbols, left, right, joined=None):
    """The symbols of a word after one merge."""
    result = []
    for symbol in symbols:
        if symbol == right and result and result[-1] == left:
            result[-1] = joined or left + right
        else:
            result.append(symbol)
    return result


def random_merges(rng, words, number):
    """Merges as training would find them, each pair at hand by what came before."""
    parts = [list(spelled(" " * rng.randint(0, 1) + rng.choice((word, word.lower())))) for word in words]
    parts.append(list(spelled(" " * 6 + "\n\n")))
    merges = []
    while len(merges) < number and any(len(symbols) > 1 for symbols in parts):
        word = rng.choice([symbols for symbols in parts if len(symbols) > 1])
        at = rng.randrange(len(word) - 1)
        left, right = word[at:at + 2]
        merges.append((left, right))
        parts = [merged(symbols, left, right) for symbols in parts]
    rng.shuffle(merges) if rng.random() < 0.1 else None
    return list(dict.fromkeys(merges))


def byte_level_vocabulary(rng, special, words):
    """Returns ids and merges."""
    symbols = list(SYMBOL_OF_BYTE.values())
    if rng.random() < 0.25:
        symbols = [symbol for symbol in symbols if symbol.isascii() or rng.random() < 0.7]
    known = set(symbols)
    merges = []
    for left, right in random_merges(rng, words, rng.choice((0, 20, 60))):
        if left in known and right in known:
            merges.append((left, right))
            known.add(left + right)
    # Words that no merges lead to: found only where merges are ignored.
    unreached = [spelled(rng.choice(("", " ")) + rng.choice(words)) for _ in range(rng.choice((0, 0, 8)))]
    return numbered(rng, special, symbols + [left + right for left, right in merges] + unreached), merges
