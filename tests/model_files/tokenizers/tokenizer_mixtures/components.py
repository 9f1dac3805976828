"""Random normalizers, pre-tokenizers, post-processors and added tokens of a tokenizer.json."""

from tokenizers import normalizers

from .texts import PUNCTUATION, WORDS, random_character

FLAG = (False, True)


def bert_normalizer(rng):
    return {"type": "BertNormalizer", "clean_text": rng.choice(FLAG), "handle_chinese_chars": rng.choice(FLAG),
            "strip_accents": rng.choice((None, False, True)), "lowercase": rng.choice(FLAG)}


def byte_level(rng):
    return {"type": "ByteLevel", "add_prefix_space": rng.choice(FLAG), "trim_offsets": rng.choice(FLAG), "use_regex": True}


def named_pair(rng, vocabulary, special):
    token = rng.choice(special)
    return [token, vocabulary[token]]


def bert_processing(rng, vocabulary, special):
    return {"type": "BertProcessing", "sep": named_pair(rng, vocabulary, special),
            "cls": named_pair(rng, vocabulary, special)}


def roberta_processing(rng, vocabulary, special):
    return {"type": "RobertaProcessing", "sep": named_pair(rng, vocabulary, special),
            "cls": named_pair(rng, vocabulary, special), "trim_offsets": rng.choice(FLAG),
            "add_prefix_space": rng.choice(FLAG)}


def template_special_tokens(rng, vocabulary, special):
    """Most stand for themselves, some for several tokens."""
    tokens = {}
    for name in rng.sample(special, rng.randint(0, min(3, len(special)))):
        spelling = [name] if rng.random() < 0.8 else rng.sample(sorted(vocabulary), rng.randint(0, 3))
        tokens[name] = {"id": name, "ids": [vocabulary[token] for token in spelling], "tokens": spelling}
    return tokens


def template(rng, sequences, special):
    """The sequences in some order, with special tokens before, after and between."""
    def type_id():
        return rng.choice((0, 0, 0, 1, 1, 2))

    def specials():
        return [{"SpecialToken": {"id": name, "type_id": type_id()}}
                for name in special for _ in range(rng.choice((0, 0, 1, 2))) if rng.random() < 0.6]

    pieces = specials()
    for sequence in rng.choice((sequences, sequences, sequences, sequences[::-1])):
        pieces += [{"Sequence": {"id": sequence, "type_id": type_id()}}, *specials()]
    return pieces


def template_processing(rng, vocabulary, special):
    tokens = template_special_tokens(rng, vocabulary, special)
    pair = rng.choice(("AB", "AB", "AB", "AB", "AB", "A", "B", "AAB", "ABA"))
    return {"type": "TemplateProcessing", "single": template(rng, rng.choice(("A",) * 8 + ("AA", "")), list(tokens)),
            "pair": template(rng, pair, list(tokens)), "special_tokens": tokens}


def one_post_processor(rng, vocabulary, special):
    kind = rng.choice((bert_processing, roberta_processing, template_processing, template_processing, byte_level))
    return byte_level(rng) if kind is byte_level else kind(rng, vocabulary, special)


def is_template(processor):
    return processor["type"] == "TemplateProcessing"


def post_processor(rng, vocabulary, special):
    kind = rng.random()
    if kind < 0.1:
        return None
    if kind < 0.8:
        return one_post_processor(rng, vocabulary, special)
    processors = [one_post_processor(rng, vocabulary, special) for _ in range(rng.choice((0, 1, 2, 2, 2, 3)))]
    # A template takes one or two parts and makes more: another one after it would not be defined.
    while sum(map(is_template, processors)) > 1:
        processors.remove(next(filter(is_template, processors)))
    return {"type": "Sequence", "processors": processors}


def added_content(rng, vocabulary, contents):
    """Something to be found in texts: words, parts of them, blanks, what overlaps with others."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(sorted(vocabulary))
    if kind < 0.5:
        return rng.choice((str, str.upper, str.lower, str.title))(rng.choice(WORDS))
    if kind < 0.65 and contents:
        other = rng.choice(contents)
        return rng.choice((other + rng.choice((" ", "", "x", "!")) + rng.choice(WORDS), other[:-1] or "q", other[1:] or "q",
                           other + other, " " + other, other + " "))
    if kind < 0.8:
        return " ".join(rng.sample(WORDS, 2))
    return rng.choice((rng.choice(PUNCTUATION), random_character(rng), " ", "  ", "\n", "\xA0", "\t\t", "#", "##ing", "Ġthe",
                       "É", "e\u0301", "\u0301", "'s", "_", "日本", "<x>", "[X]", "\u200D", "İ", "\0", "", "ab" * 60))


def normalized(content, normalizer):
    """`normalizer`: the options of a BertNormalizer, or what normalises a text."""
    if normalizer is None:
        return content
    if callable(normalizer):
        return normalizer(content)
    options = {key: value for key, value in normalizer.items() if key != "type"}
    return normalizers.BertNormalizer(**options).normalize_str(content)


def added_tokens(rng, vocabulary, special, normalizer):
    """Entries of "added_tokens". Ids are as a file has them, or now and then made up: they are not looked at."""
    contents = [token for token in special if rng.random() < 0.7] if rng.random() < 0.4 else list(special)
    for _ in range(rng.choice((0, 0, 1, 2, 3, 5, 8))):
        contents.append(added_content(rng, vocabulary, contents))
    rng.shuffle(contents) if rng.random() < 0.1 else None
    known = dict(vocabulary)
    content_of_form = {}
    entries = []
    for content in contents:
        is_special = content in special if rng.random() < 0.9 else rng.choice(FLAG)
        is_normalized = rng.random() < (0.1 if is_special else 0.5)
        form = normalized(content, normalizer)
        # Of tokens of one form `tokenizers` finds any, and one of an empty form everywhere, until memory ends.
        if is_normalized and (not form or content_of_form.setdefault(form, content) != content):
            continue
        number = known.setdefault(content, len(known)) if content else len(known)
        made_up = rng.randrange(2 * len(known)) if rng.random() >= 0.99 else number
        # Of one that comes twice transformers takes the flags by the larger id.
        number = made_up if contents.count(content) == 1 else number
        entries.append({"id": number, "content": content,
                        "single_word": rng.random() < 0.25, "lstrip": rng.random() < 0.25, "rstrip": rng.random() < 0.25,
                        "normalized": is_normalized, "special": is_special})
    return entries
