"""Random tokenizer.json files of any parts: normalizers, pre-tokenizers and models in all combinations."""

import base64
import json
import random
import string
import unicodedata

from tokenizers import Tokenizer, models

from . import components, trained, vocabularies
from .byte_symbols import spelled
from .character_maps import map_of_texts
from .components import FLAG
from .mixtures import Mixture, random_requests
from .reference import Failure, guarded
from .scripts import random_line
from .texts import COMBINED, CONTROLS, PUNCTUATION, SPACES, WORDS, random_character

META = "\u2581"
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
PATTERNS = [{"String": " "}, {"String": "a"}, {"String": "``"}, {"String": "''"}, {"String": "é"}, {"Regex": " {2,}"}, {"Regex": r"\s+"},
            {"Regex": r"\p{L}+|\p{N}+"}, {"Regex": r"[^\w\s]"}, {"Regex": r"(?i:'s|'t|'re)|\s?\p{L}+|\s+(?!\S)|."},
            {"Regex": "[a-f]+"}, {"Regex": "x*"}, {"Regex": "^."}, {"Regex": r"\d"}, {"String": META}]
BEHAVIORS = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]


def character_map(rng):
    """Keys of one or more characters, some within others."""
    letters = list("abcxyz ") + COMBINED + CONTROLS[1:8] + SPACES[4:10] + PUNCTUATION[:5] + ["\r\n", "ﬁ", "½", "か\u3099", "ab", "abc"]
    keys = rng.sample(letters, rng.randint(1, 20)) + [random_character(rng) for _ in range(rng.randint(0, 8))]
    keys = [key for key in dict.fromkeys(keys) if "\0" not in key]
    return map_of_texts({key: rng.choice(("", " ", "x", "xy", "é", "1⁄2", "日本", key)) for key in keys})


def precompiled(rng, may_be_learned):
    if may_be_learned and rng.random() < 0.5:
        charsmap = trained.learned("nmt_nfkc")[1]
    else:
        charsmap = base64.b64encode(character_map(rng)).decode()
    return {"type": "Precompiled", "precompiled_charsmap": charsmap}


def replace(rng):
    """What is put where nothing was stands for nothing: `tokenizers` leaves it in words beside what it becomes."""
    pattern = rng.choice([pattern for pattern in PATTERNS if pattern != {"Regex": "x*"}])
    return {"type": "Replace", "pattern": pattern, "content": rng.choice(("", " ", META, "b", "日x", "\""))}


def one_normalizer(rng, may_be_learned):
    kind = rng.choice(("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Strip", "Prepend", "Replace", "Replace",
                       "Precompiled", "Precompiled", "Precompiled", "BertNormalizer", "ByteLevel"))
    if kind == "Strip":
        return {"type": kind, "strip_left": rng.choice(FLAG), "strip_right": rng.choice(FLAG)}
    if kind == "Prepend":
        return {"type": kind, "prepend": rng.choice((META, " ", "ab", "é日"))}
    if kind == "Replace":
        return replace(rng)
    if kind == "Precompiled":
        return precompiled(rng, may_be_learned)
    return components.bert_normalizer(rng) if kind == "BertNormalizer" else {"type": kind}


def sequence(rng, make, kind, key):
    number = rng.choice((0, 1, 1, 2, 2, 3))
    if number == 1:
        return make(rng)
    parts = [make(rng) for _ in range(number)]
    if number == 3 and rng.random() < 0.3:
        parts = [parts[0], {"type": kind, key: parts[1:]}]
    return {"type": kind, key: parts} if parts else rng.choice((None, {"type": kind, key: []}))


def metaspace(rng):
    prefix = rng.choice(({}, {"prepend_scheme": "always"}, {"prepend_scheme": "first"}, {"prepend_scheme": "never"},
                         {"add_prefix_space": True}, {"add_prefix_space": False, "prepend_scheme": "never"},
                         {"add_prefix_space": True, "prepend_scheme": "first", "str_rep": META}))
    split = rng.choice(({}, {"split": True}, {"split": False}))
    return {"type": "Metaspace", "replacement": rng.choice((META, META, META, "_", "é")), **prefix, **split}


def one_pre_tokenizer(rng):
    kind = rng.choice(("BertPreTokenizer", "ByteLevel", "Metaspace", "Metaspace", "Metaspace", "Whitespace", "WhitespaceSplit",
                       "WhitespaceSplit", "Punctuation", "Split", "Split", "Digits", "CharDelimiterSplit"))
    if kind == "ByteLevel":
        return {**components.byte_level(rng), "use_regex": rng.choice(FLAG)}
    if kind == "Metaspace":
        return metaspace(rng)
    if kind == "Punctuation":
        return {"type": kind, **rng.choice(({}, {"behavior": rng.choice(BEHAVIORS)}))}
    if kind == "Split":
        return {"type": kind, "pattern": rng.choice(PATTERNS), "behavior": rng.choice(BEHAVIORS), "invert": rng.choice(FLAG)}
    if kind == "Digits":
        return {"type": kind, "individual_digits": rng.choice(FLAG)}
    return {"type": kind, "delimiter": rng.choice("ae -é")} if kind == "CharDelimiterSplit" else {"type": kind}


def pieces(rng, spell):
    """Letters and parts of words, spelled as the pre-tokenizer leaves them."""
    letters = sorted(set("".join(WORDS) + string.ascii_lowercase + string.digits + "".join(PUNCTUATION + COMBINED) + META + "_"))
    found = [spell(c) for c in letters if rng.random() < 0.7]
    for word in WORDS:
        word = rng.choice(("", META, " ")) + rng.choice((word, word.lower()))
        found += [spell(vocabularies.random_part(rng, word)) for _ in range(2)] + [spell(word)] * rng.randint(0, 1)
    return list(dict.fromkeys(found))


def small_unigram(rng, spell):
    tokens = list(dict.fromkeys(SPECIAL + pieces(rng, spell) + (BYTE_TOKENS if rng.random() < 0.4 else [])))
    rng.shuffle(tokens)
    tokens += rng.choice(([], [], tokens[:3]))  # of one that comes twice the later counts
    scores = rng.choice((lambda: -rng.random() * 15, lambda: -float(rng.randint(1, 4)), lambda: rng.uniform(-3, 1)))
    return {"type": "Unigram", "unk_id": tokens.index("<unk>"), "vocab": [[token, scores()] for token in tokens],
            "byte_fallback": rng.choice(FLAG)}


def bpe_merges(rng, known, prefix, suffix):
    """Of random neighbours that occur in words."""
    merges = []
    parts = [[*word] for word in WORDS + [META + word for word in WORDS]]
    for symbols in parts:
        symbols[1:] = [prefix + symbol for symbol in symbols[1:]]
        symbols[-1] += suffix
    for _ in range(rng.choice((0, 30, 120))):
        symbols = rng.choice(parts)
        if len(symbols) < 2:
            continue
        at = rng.randrange(len(symbols) - 1)
        left, right = symbols[at:at + 2]
        if left not in known or right not in known:
            continue
        result = left + right[len(prefix):]
        known.append(result)
        merges.append([left, right])
        parts = [vocabularies.merged(symbols, left, right, result) for symbols in parts]
    return [list(merge) for merge in dict.fromkeys(map(tuple, merges))]


def bpe(rng, spell):
    byte_fallback = rng.choice(FLAG)
    prefix, suffix = ("", "") if byte_fallback else rng.choice((("", ""), ("", "</w>"), ("##", ""), ("@", "$")))
    letters = [piece for piece in pieces(rng, spell) if len(piece) == 1]
    known = list(dict.fromkeys(SPECIAL + letters + [prefix + c for c in letters] + [c + suffix for c in letters] +
                               [prefix + c + suffix for c in letters]))
    known += rng.choice((BYTE_TOKENS, BYTE_TOKENS, BYTE_TOKENS[:200])) if byte_fallback else []
    merges = bpe_merges(rng, known, prefix, suffix)
    vocabulary = vocabularies.numbered(rng, SPECIAL, known)
    return {"type": "BPE", "dropout": None, "unk_token": rng.choice((None, "<unk>")), "continuing_subword_prefix": prefix or None,
            "end_of_word_suffix": suffix or None, "fuse_unk": rng.choice(FLAG), "byte_fallback": byte_fallback,
            "ignore_merges": rng.choice(FLAG), "vocab": vocabulary, "merges": merges}


def word_level(rng, spell):
    return {"type": "WordLevel", "unk_token": "<unk>", "vocab": vocabularies.numbered(rng, SPECIAL, pieces(rng, spell))}


def word_piece(rng, spell):
    prefix = rng.choice(("##", "##", "@@", ""))
    tokens = pieces(rng, spell)
    tokens += [prefix + token for token in tokens if rng.random() < 0.7]
    return {"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": rng.choice((100, 100, 10, 1)), "vocab": vocabularies.numbered(rng, SPECIAL, tokens)}


def ids_of(model):
    if isinstance(model["vocab"], dict):
        return dict(model["vocab"])
    return {token: number for number, (token, _) in enumerate(model["vocab"])}


def normalize_with(normalizer):
    """What the normalizer makes of a text, or None where it panics."""
    if normalizer is None:
        return lambda text: text
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    document = json.loads(tokenizer.to_str())
    document["normalizer"] = normalizer
    loaded = Tokenizer.from_str(json.dumps(document)).normalizer

    def normalize(text):
        try:
            return guarded(loaded.normalize_str, text)
        except Failure:
            return None
    return normalize


def without_news(text):
    """Without characters that one version of Oniguruma knows and another does not. (Python 3.11, as Debian's Oniguruma 6.9.8,
    knows those of Unicode 14.)"""
    return "".join(c for c in text if unicodedata.category(c) != "Cn") if isinstance(text, str) else ""


def random_texts(rng, requests, tokenizer):
    """Lines of many scripts in place of some texts."""
    has_classes = "\\\\" in json.dumps([tokenizer["normalizer"], tokenizer["pre_tokenizer"]])
    for request in requests:
        if "max_length" not in request and rng.random() < 0.6:
            request["texts"] = [random_line(rng) for _ in request["texts"]]
        if has_classes:
            request["texts"] = list(map(without_news, request["texts"]))
    return requests


def random_model(rng, spell, may_be_learned):
    """The model, and the normalizer that was learned with it."""
    if may_be_learned and rng.random() < 0.2:
        return trained.unigram_model(rng)
    make = rng.choice((small_unigram, small_unigram, small_unigram, bpe, bpe, word_level, word_piece))
    return make(rng, spell), None


def make_pipeline(seed, number, small=False):
    """A small one has nothing that `sentencepiece` has learned."""
    rng = random.Random(f"pipeline/{seed}/{number}")
    may_be_learned = trained.sentencepiece is not None and not small
    pre_tokenizer = sequence(rng, one_pre_tokenizer, "Sequence", "pretokenizers")
    normalizer = sequence(rng, lambda rng: one_normalizer(rng, may_be_learned), "Sequence", "normalizers")
    has_bytes = "ByteLevel" in str(pre_tokenizer) or "ByteLevel" in str(normalizer)
    model, own_normalizer = random_model(rng, spelled if has_bytes else str, may_be_learned)
    if own_normalizer is not None and rng.random() < 0.9:
        collapse = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": rng.choice((" ", META))}
        normalizer = rng.choice((own_normalizer, {"type": "Sequence", "normalizers": [own_normalizer, collapse]}))
        meta = {"type": "Metaspace", "replacement": META, "prepend_scheme": "always", "split": True}
        pre_tokenizer = rng.choice((meta, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, meta]}))
    ids = ids_of(model)
    special = [token for token in SPECIAL if token in ids]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": components.added_tokens(rng, ids, special, normalize_with(normalizer)), "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": components.post_processor(rng, ids, special), "decoder": None,
        "model": model}
    tokens = [entry["content"] for entry in tokenizer["added_tokens"]] + special
    return Mixture(number, tokenizer, random_texts(rng, random_requests(rng, tokens), tokenizer), described=True)
