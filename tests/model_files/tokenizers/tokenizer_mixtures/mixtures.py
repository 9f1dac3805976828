"""Random tokenizer.json files and the texts to try them with. The same seed and number give the same mixture."""

import random
from dataclasses import dataclass

from . import components, settings, vocabularies
from .texts import WORDS, random_bytes, random_text

SPECIAL = {"WordPiece": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "BPE": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]}
REQUESTS = 12


@dataclass
class Mixture:
    number: int
    tokenizer: dict  # tokenizer.json
    requests: list  # what dump_ids.cc is asked
    outside: str | None = None  # the field that leaves our two families: it has to be refused by its name
    files: dict | None = None  # those of a directory that transformers loads, by name
    failure: str = ""  # why the reference does not load it
    described: bool = False  # of a class that adds no tokens and has no settings

    @property
    def lists_special_tokens(self):
        """Whether "added_tokens" has all that BERT's or RoBERTa's class in transformers would add."""
        if self.described:
            return False
        listed = {entry["content"] for entry in self.tokenizer["added_tokens"]}
        return any(listed.issuperset(special) for special in SPECIAL.values())

    @property
    def post_processor(self):
        return self.tokenizer["post_processor"]


def wordpiece_model(rng, special, words):
    prefix = rng.choice(("##",) * 8 + ("@@", "_", "", "é"))
    return {"type": "WordPiece", "unk_token": special[1], "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": rng.choice((100, 100, 100, 20, 5, 1)),
            "vocab": vocabularies.wordpiece_vocabulary(rng, special, prefix, words)}


def bpe_model(rng, special, words):
    vocabulary, merges = vocabularies.byte_level_vocabulary(rng, special, words)
    as_pairs = rng.choice(components.FLAG) or any(" " in part for merge in merges for part in merge)
    return {"type": "BPE", "dropout": rng.choice((None, None, 0.0)), "unk_token": rng.choice((None, special[3])),
            "continuing_subword_prefix": rng.choice((None, "")), "end_of_word_suffix": rng.choice((None, "")),
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": rng.choice(components.FLAG),
            "vocab": vocabulary, "merges": [list(merge) if as_pairs else " ".join(merge) for merge in merges]}


OUTSIDE = {
    "normalizer": [{"type": "Translate"}, {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Upper"}]}],
    "pre_tokenizer": [{"type": "UnicodeScripts"}, {"type": "FixedLength", "length": 3},
                      {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "UnicodeScripts"}]}],
    "model.dropout": [0.1],
}


def put_outside(rng, tokenizer):
    """Takes one component that our families do not have. Returns its field."""
    is_bpe = tokenizer["model"]["type"] == "BPE"
    field = rng.choice([field for field in OUTSIDE if is_bpe or "." not in field])
    parent = tokenizer["model"] if "." in field else tokenizer
    parent[field.split(".")[-1]] = rng.choice(OUTSIDE[field])
    return field


def cut_request(rng, texts):
    """Cut to a length. What `tokenizers` cuts off it keeps, in every combination: the texts have to be short."""
    max_length = rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 30))
    strategies = ("longest_first", "longest_first", "only_first", "only_second")
    return {"texts": [text[:2 * max_length + 4] for text in texts], "max_length": max_length,
            "truncation": rng.choice(strategies[:len(strategies) if len(texts) == 2 else 3])}


def random_requests(rng, tokens):
    requests = []
    for number in range(REQUESTS):
        make = random_bytes if rng.random() < 0.05 else random_text
        texts = [make(rng, tokens)] + ([random_text(rng, tokens)] if number % 3 == 0 else [])
        if rng.random() < 0.4:
            requests.append(cut_request(rng, texts))
        elif len(texts) == 1 and rng.random() < 0.1:
            requests.append({"texts": texts, "special_tokens": False})
        else:
            requests.append({"texts": texts})
    return requests


def plain_vocabulary(model):
    """Without tokens that a line of a text file cannot hold, and ids from 0 without gaps."""
    tokens = [token for token in sorted(model["vocab"], key=model["vocab"].get)
              if token.isprintable() and not any(map(str.isspace, token))]
    parts = [(merge.split(" ") if isinstance(merge, str) else merge) for merge in model.get("merges", ())]
    if any(len(merge) != 2 or not {*merge, "".join(merge)} <= set(tokens) for merge in parts):
        parts = []
    return {**model, "vocab": {token: number for number, token in enumerate(tokens)},
            **({"merges": [" ".join(merge) for merge in parts]} if "merges" in model else {})}


def make_settings_mixture(seed, number):
    """One with settings files beside tokenizer.json, or beside vocabulary files."""
    rng = random.Random(f"settings/{seed}/{number}")
    mixture = make_mixture(f"settings/{seed}", number, small=True, may_be_outside=False)
    model = mixture.tokenizer["model"]
    from_vocabulary = rng.random() < 0.3
    if from_vocabulary:
        mixture.tokenizer["model"] = model = plain_vocabulary(model)
    tokens = settings.put_settings(rng, mixture, SPECIAL[model["type"]], from_vocabulary)
    mixture.requests = random_requests(rng, tokens)
    return mixture


def make_mixture(seed, number, small=False, may_be_outside=True):
    """A small one has a vocabulary of fewer words."""
    rng = random.Random(f"{seed}/{number}")
    family = rng.choice(sorted(SPECIAL))
    special = list(SPECIAL[family])
    is_wordpiece = family == "WordPiece"
    words = rng.sample(WORDS, 12) if small else WORDS
    model = wordpiece_model(rng, special, words) if is_wordpiece else bpe_model(rng, special, words)
    normalizer = components.bert_normalizer(rng) if is_wordpiece and rng.random() < 0.85 else None
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": components.added_tokens(rng, model["vocab"], special, normalizer), "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"} if is_wordpiece else components.byte_level(rng),
        "post_processor": components.post_processor(rng, model["vocab"], special), "decoder": None, "model": model}
    tokens = [entry["content"] for entry in tokenizer["added_tokens"]] + special
    requests = random_requests(rng, tokens)
    outside = put_outside(rng, tokenizer) if may_be_outside and rng.random() < 0.05 else None
    return Mixture(number, tokenizer, requests, outside)
