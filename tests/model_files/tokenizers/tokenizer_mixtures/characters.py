"""Every decision that hangs on a character, for all code points: ours against those of `tokenizers`."""

import base64
import json
import pathlib

from tokenizers import Tokenizer, normalizers, pre_tokenizers

from . import grapheme_classes
from .ours import byte_places

CODE_POINTS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CHUNK = 2048
# From here on there are only variation selectors, private use and nothing.
SPARSE = "\U00040000"
SAMPLED = 16
NORMALIZER_OPTIONS = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
# Canonical order as seen in marks that stay when accents are stripped: of combining classes 226 and 9, 224 and 216.
ORDER_OF_MARKS = "a\U0001D16D{0}\u1B44a\u302E{0}\U0001D165"


class Decision:
    """One question to both. `template` makes a text of a character; `sparse_template` may make a shorter one from
    SPARSE on, where of a `sampled` decision only one chunk in SAMPLED is tried. `ours` answers for a list of texts,
    `theirs` for one."""

    sampled = False

    def __init__(self, name, template, ours, theirs, sparse_template=None):
        self.name, self.ours, self.theirs = name, ours, theirs
        self.template, self.sparse_template = template, sparse_template or template

    def differences(self, chunk):
        if self.sampled and chunk[0] >= SPARSE and ord(chunk[0]) // CHUNK % SAMPLED:
            return []
        template = self.sparse_template if chunk[0] >= SPARSE else self.template
        texts = [template.format(character) for character in chunk]
        whole = "".join(texts)
        if self.ours([whole]) == [self.theirs(whole)]:
            return []
        return [character for character, text, found in zip(chunk, texts, self.ours(texts))
                if found != self.theirs(text)] or chunk


def normalizer_decision(ours, template, *chosen, name=None):
    options = {option: option in chosen for option in NORMALIZER_OPTIONS}
    return Decision(name or f"BertNormalizer({', '.join(chosen)})", template,
                    lambda texts: ours.ask({"normalizer": options, "texts": texts})["texts"],
                    normalizers.BertNormalizer(**options).normalize_str)


def word_decision(ours, kind, pre_tokenizer, template, sparse_template):
    def theirs(text):
        places = byte_places(text)
        return [[places[begin], places[end]] for _, (begin, end) in pre_tokenizer.pre_tokenize_str(text)]

    return Decision(f"words of {type(pre_tokenizer).__name__}", template,
                    lambda texts: ours.ask({"words": kind, "texts": texts})["words"], theirs, sparse_template)


def steps_decision(ours, template, normalizer=None, pre_tokenizer=None, sparse_template=None):
    """What a normalizer, or a pre-tokenizer, of any tokenizer.json makes of a text."""
    steps = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    document = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "post_processor": None, "decoder": None,
                "model": {"type": "WordLevel", "unk_token": "", "vocab": {"": 0}}, **steps}
    loaded = Tokenizer.from_str(json.dumps(document))

    def theirs(text):
        if normalizer is not None:
            text = loaded.normalizer.normalize_str(text)
        if pre_tokenizer is None:
            return [text] if text else []
        return [word for word, _ in loaded.pre_tokenizer.pre_tokenize_str(text)]

    kind = normalizer or pre_tokenizer
    inner = "".join(f" {part['type']}" for part in kind.get("normalizers", ()))
    decision = Decision(f"{kind['type']}{inner} of {template!a}", template,
                        lambda texts: ours.ask({"steps": steps, "texts": texts})["words"], theirs, sparse_template)
    decision.sampled = True
    return decision


def steps_decisions(ours):
    for form in ("NFC", "NFKC", "NFKD"):
        yield steps_decision(ours, "e{}", {"type": form})
    yield steps_decision(ours, "e{}", {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "NFC"}]})
    for kind in ("Nmt", "StripAccents", "Lowercase"):
        yield steps_decision(ours, "a{}", {"type": kind})
    for kind in ("Whitespace", "WhitespaceSplit", "Punctuation"):
        yield steps_decision(ours, "a{}b", None, {"type": kind}, "a{}")
    yield steps_decision(ours, "a{}b", None, {"type": "Digits", "individual_digits": False}, "a{}")
    clusters = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(grapheme_classes.MAP).decode()}
    for template in ("a{}", "{}a", "\u0600\u1100{}\u0301 ", "\u0600{}\u1161 ", "\u0915\u094D{}\u0301 ", "{}\u200D\xA9\u0301 ",
                     "\u0915{}\u0915\u0301 ", "{}\u0301\u0302"):
        yield steps_decision(ours, template, clusters)


def added_token(token, content, **flags):
    return {"id": token, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": False, **flags}


def added_token_decision(ours, folder):
    """Where a token that is a whole word is one, and what one that strips white space takes in."""
    text = json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "added_tokens": [added_token(3, "QQ", single_word=True), added_token(4, "ZZ", lstrip=True, rstrip=True)],
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 1, "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}}})
    (pathlib.Path(folder) / "tokenizer.json").write_text(text)
    (pathlib.Path(folder) / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    tokenizer = Tokenizer.from_str(text)

    def found(ids, offsets):
        return [[token, *offset] for token, offset in zip(ids, offsets) if token > 2]

    def theirs(text):
        encoding = tokenizer.encode(text, add_special_tokens=False)
        places = byte_places(text)
        return found(encoding.ids, [(places[begin], places[end]) for begin, end in encoding.offsets])

    def ask(texts):
        requests = [{"texts": [text], "special_tokens": False} for text in texts]
        result = ours.ask({"directory": str(folder), "requests": requests})
        if "refused" in result:
            raise RuntimeError(result["refused"])
        return [found(encoding["ids"], encoding["offsets"]) for encoding in result["encodings"]]

    return Decision("surroundings of added tokens", "{0}QQ{0}ZZ{0} ", ask, theirs, "QQ{0}")


def decisions(ours, folder):
    yield normalizer_decision(ours, "a{}")
    for option in NORMALIZER_OPTIONS:
        yield normalizer_decision(ours, "a{}", option)
    yield normalizer_decision(ours, "a{}", *NORMALIZER_OPTIONS)
    yield normalizer_decision(ours, ORDER_OF_MARKS, "strip_accents", name="canonical order of marks")
    yield word_decision(ours, "bert", pre_tokenizers.BertPreTokenizer(), "a{}b", None)
    yield word_decision(ours, "gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False), "a{0}1{0}!", "!{}")
    yield added_token_decision(ours, folder)
    yield from steps_decisions(ours)


def compare_characters(ours, folder):
    """Pairs: a decision's name, the characters that it differs for. `folder` is empty and stays in use."""
    for decision in decisions(ours, folder):
        different = []
        for at in range(0, len(CODE_POINTS), CHUNK):
            different += decision.differences(CODE_POINTS[at:at + CHUNK])
        yield decision.name, different
