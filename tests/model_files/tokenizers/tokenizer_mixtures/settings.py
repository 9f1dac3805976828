"""Random settings files beside a tokenizer.json, or beside the vocabulary files of BERT's and RoBERTa's classes."""

from collections import Counter

from .components import FLAG, normalized

PARTS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
NEEDED = ("unk_token", "sep_token", "cls_token")
# No two are the same in any normalizer, and none becomes nothing.
NEW = ["<new1>", "[ent]", "qqx", "Zz Top", "@@q", "\u00C6on", "new sep", "<image>", "[AUD]", "##ing ", "naïveté!", "u1"]
WIDEST = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": True, "lowercase": True}
CLASSES = ("PreTrainedTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend", "SomeTokenizerFast", "OtherTokenizer")


class Contents:
    """Texts of tokens to choose from, and which of them may be sought in normalised text: of tokens of one form `tokenizers`
    finds any, and one of an empty form everywhere."""

    def __init__(self, rng, known, normalizer, needed):
        self.rng, self.known, self.needed = rng, known, needed
        everything = set(known) | set(NEW)
        forms = Counter(normalized(content, normalizer) for content in everything)
        self.normalizable = {content for content in everything
                             if forms[form := normalized(content, normalizer)] == 1 and form}

    def any(self):
        return self.rng.choice(NEW) if self.rng.random() < 0.6 else self.rng.choice(self.known)

    def flags(self, content, keys=("single_word", "lstrip", "rstrip", "normalized", "special")):
        flags = {key: self.rng.choice(FLAG) for key in keys if self.rng.random() < 0.9}
        special = flags.get("special", False)
        if content not in self.normalizable and flags.get("normalized", not special):
            flags["normalized"] = False
        return flags

    def for_part(self, part, has_layout):
        """A class that makes the layout has to have its tokens."""
        if not has_layout and part in NEEDED:
            return self.rng.choice(self.needed)
        return self.any()


def config_token(contents, content):
    if contents.rng.random() < 0.6:
        return content
    return {"__type": "AddedToken", "content": content, **contents.flags(content)}


def map_token(contents, content):
    if contents.rng.random() < 0.5:
        return content
    return {"content": content, **contents.flags(content, ("single_word", "lstrip", "rstrip", "normalized"))}


def some(contents, make, most=3):
    return [make(contents, contents.any()) for _ in range(contents.rng.randint(0, most))]


def keyed(contents, make):
    names = contents.rng.sample(("z_token", "image_token", "audio_token", "a_token", "pad_token"), 2)
    return {name: make(contents, contents.any()) for name in names}


def named_parts(contents, make, has_layout, nulls):
    rng = contents.rng
    parts = {part: make(contents, contents.for_part(part, has_layout))
             for part in PARTS if rng.random() < (0.3 if nulls else 0.5)}
    for part in PARTS:
        if nulls and rng.random() < 0.1:
            parts[part] = None
    return parts


def options(rng):
    chosen = {}
    for key, values in (("truncation_side", ("left", "right")), ("split_special_tokens", (True, False, False, False)),
                        ("model_max_length", (5, 20, 512, int(1e30))), ("max_len", (7, 30)),
                        ("model_input_names", (["input_ids"], ["input_ids", "token_type_ids"])),
                        ("do_lower_case", FLAG), ("padding_side", ("left", "right")), ("add_prefix_space", FLAG),
                        ("clean_up_tokenization_spaces", FLAG), ("strip_accents", FLAG),
                        ("tokenize_chinese_chars", FLAG), ("trim_offsets", FLAG)):
        if rng.random() < 0.12:
            chosen[key] = rng.choice(values)
    return chosen


def decoder(contents, vocabulary):
    """Ids as a file would have them, or made up."""
    rng = contents.rng
    chosen = dict.fromkeys(contents.any() for _ in range(rng.randint(0, 5)))
    next_id = len(vocabulary)
    entries = {}
    for content in chosen:
        number = vocabulary.get(content, next_id)
        next_id += number == next_id
        number = number if rng.random() < 0.9 else rng.randrange(2 * len(vocabulary))
        entries[str(number)] = {"content": content, **contents.flags(content)}
    return entries


def shuffled(rng, values):
    keys = list(values)
    rng.shuffle(keys)
    return {key: values[key] for key in keys}


def tokenizer_config(contents, vocabulary, has_layout):
    rng = contents.rng
    config = {**named_parts(contents, config_token, has_layout, rng.random() < 0.2), **options(rng)}
    for key in ("additional_special_tokens", "extra_special_tokens"):
        if rng.random() < 0.35:
            config[key] = rng.choice((None, [], some(contents, config_token), some(contents, config_token)))
    if rng.random() < 0.15:
        config["extra_special_tokens"] = keyed(contents, config_token)
    for key in ("image_token", "b_token", "a_token"):
        if rng.random() < 0.15:
            config[key] = config_token(contents, contents.any())
    if rng.random() < 0.1:
        config["model_specific_special_tokens"] = keyed(contents, config_token)
    if rng.random() < 0.4:
        config["added_tokens_decoder"] = decoder(contents, vocabulary)
    return shuffled(rng, config)


def special_tokens_map(contents, has_layout):
    rng = contents.rng
    values = {**named_parts(contents, map_token, has_layout, rng.random() < 0.4)}
    if rng.random() < 0.4:
        values.update(options(rng))
    if rng.random() < 0.35:
        values["additional_special_tokens"] = [contents.any() for _ in range(rng.randint(0, 3))]
    if rng.random() < 0.25:
        values["extra_special_tokens"] = rng.choice((None, some(contents, map_token), some(contents, map_token),
                                                     {"c_token": contents.any(), "image_token": contents.any()}))
    for key in ("image_token", "d_token"):
        if rng.random() < 0.15:
            values[key] = rng.choice((None, map_token(contents, contents.any())))
    return shuffled(rng, values)


def added_tokens(contents, vocabulary):
    rng = contents.rng
    chosen = dict.fromkeys(contents.any() for _ in range(rng.randint(0, 5)))
    start = rng.choice((len(vocabulary), len(vocabulary), rng.randrange(len(vocabulary))))
    return {content: vocabulary.get(content, start + number) for number, content in enumerate(chosen)
            if content in contents.normalizable}


def random_files(rng, mixture, known, has_layout):
    """Settings files by name. `has_layout`: tokenizer.json makes the layout, and not a class."""
    tokenizer = mixture.tokenizer
    vocabulary = tokenizer["model"]["vocab"]
    special = [token for token in known if token in vocabulary]
    contents = Contents(rng, known, tokenizer["normalizer"], special)
    files = {}
    if has_layout or rng.random() < 0.8:
        files["tokenizer_config.json"] = tokenizer_config(contents, vocabulary, has_layout)
    if rng.random() < 0.6:
        files["special_tokens_map.json"] = special_tokens_map(contents, has_layout)
    if rng.random() < 0.4:
        files["added_tokens.json"] = added_tokens(contents, vocabulary)
    return files


def put_leftovers(rng, tokenizer):
    """What an export leaves behind in tokenizer.json."""
    if rng.random() < 0.3:
        tokenizer["truncation"] = {"direction": rng.choice(("Left", "Right")), "max_length": rng.choice((3, 128)),
                                   "strategy": "LongestFirst", "stride": 0}
    if rng.random() < 0.3:
        tokenizer["padding"] = {"strategy": rng.choice(("BatchLongest", {"Fixed": 12})), "direction": "Right",
                                "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
                                "pad_token": rng.choice(("[PAD]", "<pad>", "<padding>"))}


def vocabulary_files(rng, mixture):
    """vocab.txt, or vocab.json and merges.txt, in place of tokenizer.json, and the class that reads them."""
    model = mixture.tokenizer["model"]
    if model["type"] == "WordPiece":
        vocabulary = sorted(model["vocab"], key=model["vocab"].get)
        classes = (None, "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizerFast")
        return {"vocab.txt": "".join(token + "\n" for token in vocabulary)}, rng.choice(classes)
    merges = "".join((merge if isinstance(merge, str) else " ".join(merge)) + "\n" for merge in model["merges"])
    return ({"vocab.json": model["vocab"], "merges.txt": "#version: 0.2\n" + merges},
            rng.choice((None, "RobertaTokenizer", "BartTokenizerFast")))


def put_settings(rng, mixture, special, from_vocabulary):
    """Gives the mixture files. Returns the texts of all tokens that they may name."""
    known = list(dict.fromkeys([entry["content"] for entry in mixture.tokenizer["added_tokens"] if entry["content"]] + special))
    is_bert = mixture.tokenizer["model"]["type"] == "WordPiece"
    if from_vocabulary:
        known = special
        mixture.tokenizer["post_processor"] = None
        files, tokenizer_class = vocabulary_files(rng, mixture)
        # The one that makes most texts the same.
        mixture.tokenizer["normalizer"] = WIDEST if is_bert else None
    else:
        put_leftovers(rng, mixture.tokenizer)
        files, tokenizer_class = {"tokenizer.json": mixture.tokenizer}, rng.choice(CLASSES)
    files.update(random_files(rng, mixture, known, not from_vocabulary))
    if tokenizer_class is not None:
        files.setdefault("tokenizer_config.json", {})["tokenizer_class"] = tokenizer_class
    files["config.json"] = {"model_type": "bert" if is_bert else "roberta"}
    mixture.files = files
    return known + NEW
