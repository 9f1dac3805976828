"""What `tokenizers` answered, stored for tests on machines without it."""

import json
import pathlib
import tempfile

import tokenizers
from tokenizers import normalizers, pre_tokenizers

from .characters import CODE_POINTS, NORMALIZER_OPTIONS, ORDER_OF_MARKS
from .comparison import files_of, sequences_are_defined, write_files
from .loaded import LoadedReference, transformers
from .mixtures import make_mixture, make_settings_mixture
from .ours import byte_places
from .pipelines import make_pipeline
from .reference import Failure, Reference

MIXTURES = 30
PIPELINES = 30
SETTINGS_MIXTURES = 20
SEED = "fixture"


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def texts_of_all_characters(template):
    """One text for each plane, so that none is too long."""
    planes = {}
    for character in CODE_POINTS:
        planes.setdefault(ord(character) >> 16, []).append(template.format(character))
    return map("".join, planes.values())


def hash_of_normalized(template, chosen):
    options = {name: name in chosen for name in NORMALIZER_OPTIONS}
    normalize = normalizers.BertNormalizer(**options).normalize_str
    hashed = fnv1a("".join(map(normalize, texts_of_all_characters(template))))
    return {"normalizer": options, "template": template, "hash": hashed}


def hash_of_words(kind, pre_tokenizer, template):
    """Of the words' ends in bytes, each with a blank behind."""
    ends = []
    for text in texts_of_all_characters(template):
        places = byte_places(text)
        ends += [f"{places[end]} " for _, (_, end) in pre_tokenizer.pre_tokenize_str(text)]
    return {"words": kind, "template": template, "hash": fnv1a("".join(ends))}


def characters():
    yield hash_of_normalized("a{0}", ())
    for option in NORMALIZER_OPTIONS:
        yield hash_of_normalized("a{0}", (option,))
    yield hash_of_normalized("a{0}", NORMALIZER_OPTIONS)
    yield hash_of_normalized(ORDER_OF_MARKS, ("strip_accents",))
    yield hash_of_words("bert", pre_tokenizers.BertPreTokenizer(), "a{0}b")
    yield hash_of_words("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False), "a{0}1{0}!")


def answer(request, encoding):
    """The request with its result; offsets count bytes."""
    if "error" in encoding or len(encoding["ids"]) > request.get("max_length", len(encoding["ids"])):
        return {**request, "error": True}
    places = list(map(byte_places, request["texts"]))
    offsets = [[places[sequence or 0][end] for end in pair]
               for pair, sequence in zip(encoding["offsets"], encoding["sequences"])]
    return {**request, **encoding, "offsets": offsets}


def answers(mixture, reference):
    return [answer(request, encoding) for request in mixture.requests
            if request.get("special_tokens", True) and all(isinstance(text, str) for text in request["texts"])
            and not ("max_length" in request and reference.cuts_left)
            and "panic" not in (encoding := reference.encoding(request))]


def stored_mixture(mixture):
    return {"tokenizer": mixture.tokenizer, "encodings": answers(mixture, Reference(mixture.tokenizer))}


def stored_settings_mixture(mixture):
    with tempfile.TemporaryDirectory() as folder:
        write_files(mixture, pathlib.Path(folder))
        reference = LoadedReference(folder)
    files = {name: content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
             for name, content in files_of(mixture).items()}
    return {"files": files, "encodings": answers(mixture, reference)}


def stored_mixtures(count, make, store):
    stored = []
    number = 0
    while len(stored) < count:
        mixture = make(number)
        number += 1
        if mixture.outside or not sequences_are_defined(mixture.post_processor):
            continue
        try:
            stored.append(store(mixture))
        except Failure:
            continue
    return stored


def write_fixture(path):
    def lines(items):
        return ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)

    mixtures = stored_mixtures(MIXTURES, lambda number: make_mixture(SEED, number, small=True), stored_mixture)
    pipelines = stored_mixtures(PIPELINES, lambda number: make_pipeline(SEED, number, small=True), stored_mixture)
    settings = stored_mixtures(SETTINGS_MIXTURES, lambda number: make_settings_mixture(SEED, number), stored_settings_mixture)
    path.write_text(f'{{"tokenizers": "{tokenizers.__version__}",\n"transformers": "{transformers.__version__}",\n'
                    f'"characters": [\n{lines(characters())}],\n"mixtures": [\n{lines(mixtures)}],\n'
                    f'"pipelines": [\n{lines(pipelines)}],\n'
                    f'"settings": [\n{lines(settings)}]}}\n')
