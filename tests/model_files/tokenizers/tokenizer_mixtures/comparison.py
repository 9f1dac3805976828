"""One mixture through both: equal, refused, or different."""

import json
from collections import Counter
from dataclasses import dataclass, field

from .loaded import LoadedReference
from .ours import byte_places
from .reference import Failure, Reference

COMPARED = ("ids", "type_ids", "offsets", "sequences")


@dataclass
class Outcome:
    """`kind` is equal, refused or different; `message` what the refusal or the difference is."""

    kind: str
    message: str = ""


@dataclass
class Totals:
    kinds: Counter = field(default_factory=Counter)
    refusals: Counter = field(default_factory=Counter)  # by field and message
    texts: int = 0
    panics: int = 0
    seconds: float = 0


def files_of(mixture):
    if mixture.files is not None:
        return mixture.files
    # The class that adds none of its own.
    settings = {} if mixture.lists_special_tokens else {"tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"}}
    return {"tokenizer.json": mixture.tokenizer, **settings}


def write_files(mixture, folder):
    for old in folder.iterdir():
        old.unlink()
    for name, content in files_of(mixture).items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / name).write_text(text)


def job_of(mixture, folder):
    """Writes the files and returns what dump_ids is to be asked."""
    write_files(mixture, folder)
    requests = [{**request, "texts": [text if isinstance(text, str) else list(text) for text in request["texts"]]}
                for request in mixture.requests]
    return {"directory": str(folder), "requests": requests}


def in_characters(offsets, sequences, texts):
    """Byte offsets as `tokenizers` counts; an offset inside of a character stays as it is, marked."""
    places = [{byte: at for at, byte in enumerate(byte_places(text))} for text in texts]
    return [[places[sequence or 0].get(end, f"byte {end}") for end in pair]
            for pair, sequence in zip(offsets, sequences)]


def sequences_are_defined(processor):
    """Whether `tokenizers` says of each token to which text it belongs: not where a text comes twice or not at all, nor
    where another processor follows one that adds tokens."""
    if processor is None:
        return True
    if processor["type"] == "Sequence":
        *before, last = processor["processors"] or [None]
        return all(part["type"] == "ByteLevel" for part in before) and sequences_are_defined(last)
    if processor["type"] != "TemplateProcessing":
        return True
    texts = [sorted(piece["Sequence"]["id"] for piece in processor[kind] if "Sequence" in piece)
             for kind in ("single", "pair")]
    return texts == [["A"], ["A", "B"]]


def is_refused(request, ours, theirs):
    """Whether our tokenizer takes no text where `tokenizers` makes more of it than was asked for: it cuts nothing then."""
    return "error" in ours and "max_length" in request and len(theirs.get("ids", ())) > request["max_length"]


def difference(request, ours, theirs, compared):
    """The first thing that differs, or None."""
    if "panic" in theirs or is_refused(request, ours, theirs):
        return None
    if "error" in ours or "error" in theirs:
        same = ("error" in ours) == ("error" in theirs)
        return None if same else ("error", ours.get("error"), theirs.get("error"))
    texts = request["texts"]
    ours = {**ours, "offsets": in_characters(ours["offsets"], ours["sequences"] or [0] * len(ours["ids"]), texts)}
    return next(((key, ours[key], theirs[key]) for key in compared if ours[key] != theirs[key]), None)


def compared_keys(request, is_defined, reference):
    """`is_defined`: see sequences_are_defined. Where it is not, `tokenizers` cuts to another length than was asked for,
    since it counts what each processor adds to two texts."""
    if "max_length" in request and not is_defined:
        return ()
    if not request.get("special_tokens", True):
        return ("ids", "offsets") if is_defined else ()
    # Which token is a text's first, whose blank may stay in, `tokenizers` asks when it has cut, and ours before.
    if "max_length" in request and reference.cuts_left:
        return tuple(key for key in COMPARED if key != "offsets")
    return COMPARED if is_defined else COMPARED[:3]


def tokens_difference(ours, theirs):
    named = {number: token for number, token in enumerate(ours) if token != ""}
    wrong = [number for number in theirs if named.get(number) != theirs[number]]
    return f"token {wrong[0]} is {named.get(wrong[0])!r}, theirs {theirs[wrong[0]]!r}" if wrong else None


def outcome_of_refusal(mixture, message, reference):
    message = message[message.find("tokenizer.json"):]
    if reference is None:
        return Outcome("refused", "by both: " + message)
    if mixture.outside is None:
        return Outcome("different", "refused: " + message)
    if mixture.outside.split(".")[-1] not in message:
        return Outcome("different", f"refused without a word of {mixture.outside}: {message}")
    return Outcome("refused", message)


# What we refuse and transformers does not, by what the message has to say.
REFUSED_SETTINGS = ("'cls_token' is null", "'sep_token' is null", "'unk_token' is null")


def outcome_of_refused_settings(message, reference):
    if reference is None:
        return Outcome("refused", "by both")
    named = next((name for name in REFUSED_SETTINGS if name in message), None)
    return Outcome("refused" if named else "different", named or message)


def reference_of(mixture, folder):
    """`folder` has the mixture's files."""
    try:
        return Reference(mixture.tokenizer) if mixture.files is None else LoadedReference(folder)
    except Failure as failure:
        mixture.failure = str(failure)
        return None


def head_difference(mixture, reference, result):
    """What differs in all texts."""
    wrong = tokens_difference(result["tokens"], reference.tokens())
    if wrong is None and mixture.files is not None and result["max_length"] != reference.max_length:
        wrong = f"max_length is {result['max_length']}, theirs {reference.max_length}"
    return wrong


def compare(mixture, reference, result):
    """`result` is what dump_ids answered, `reference` a Reference or None where theirs cannot load the file."""
    if "refused" in result:
        refused = result["refused"]
        return (outcome_of_refusal(mixture, refused, reference) if mixture.files is None
                else outcome_of_refused_settings(refused, reference))
    if reference is None:
        return Outcome("different", f"they refuse the file: {mixture.failure}")
    wrong = head_difference(mixture, reference, result)
    if wrong:
        return Outcome("different", wrong)
    is_defined = sequences_are_defined(mixture.post_processor)
    for request, ours in zip(mixture.requests, result["encodings"]):
        keys = compared_keys(request, is_defined, reference)
        found = difference(request, ours, reference.encoding(request), keys) if keys else None
        if found:
            key, mine, theirs = found
            return Outcome("different", f"{request}\n  {key}\n    ours   {mine}\n    theirs {theirs}")
    return Outcome("equal")
