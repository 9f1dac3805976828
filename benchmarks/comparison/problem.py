"""A problem file: what every program that takes part runs.

    [problem]
    batch = 32                  sequences a batch
    lengths = 28 12 7 ...       tokens of each sequence, special tokens included; random ids
    keep = 1/2 1/4 1/8          shares of the tokens that skimmed runs keep in every layer; or per layer,
                                separated by commas, the last for the rest: 1,0.8,0.5; a name may come first:
                                some-model:1,0.8,0.5

Instead of lengths, real texts, whose tokenisation then counts for the runtime and not for its peers:

    texts = glue/SST-2/dev.tsv  below --data: tab-separated, with a header
    column = sentence
"""

import configparser
import csv
import json
import random
import subprocess
from dataclasses import dataclass
from fractions import Fraction

KEYS = {"batch", "lengths", "keep", "texts", "column"}
SPECIAL_TOKENS = 5  # pad, unknown, begin, separator, mask: random ids come after them


class ProblemError(Exception):
    """A file, option or program that stops the comparison; says which and what was expected."""


def output_of(command, **options):
    """What a program prints. Raises ProblemError when it is not there or fails."""
    command = list(map(str, command))
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=False, **options)
    except OSError as error:
        raise ProblemError(f"{command[0]}: cannot be started: {error.strerror}; is it built (make build)?") from None
    if done.returncode != 0:
        raise ProblemError(f"{command[0]}: status {done.returncode}: {(done.stderr or '').strip()}".rstrip(": "))
    return done.stdout


@dataclass(frozen=True)
class Profile:
    name: str
    shares: tuple


@dataclass(frozen=True)
class Problem:
    name: str
    comment: str
    batch: int
    keep: tuple  # of profiles
    lengths: tuple = ()
    texts: str = ""
    column: str = ""


def share(text, path):
    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise ProblemError(f"{path}: keep: {text} is not a share such as 1/4 or 0.25") from None
    if not 0 < value <= 1:
        raise ProblemError(f"{path}: keep: {text} is not above 0 and at most 1")
    return value


def profile(text, path):
    name, colon, shares = text.rpartition(":")
    values = tuple(share(part, path) for part in shares.split(","))
    return Profile(name if colon else ",".join(f"{value:.3g}" for value in values), values)


def whole_numbers(text, path, key):
    try:
        numbers = tuple(int(word) for word in text.split())
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise ProblemError(f"{path}: {key} = {text}: expected whole numbers above 0")
    return numbers


def load(path):
    """Reads a problem file. Raises ProblemError that names file and key."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        content = path.read_text(encoding="utf-8")
        parser.read_string(content, str(path))
        fields = dict(parser["problem"])
    except (OSError, configparser.Error, KeyError) as error:
        raise ProblemError(f"{path}: expected a section [problem]: {error}") from None
    if unknown := fields.keys() - KEYS:
        raise ProblemError(f"{path}: unknown key {sorted(unknown)[0]}; known: {', '.join(sorted(KEYS))}")
    if ("lengths" in fields) == ("texts" in fields):
        raise ProblemError(f"{path}: expected either lengths or texts")
    comment = " ".join(line[1:].strip() for line in content.splitlines() if line.startswith("#"))
    return Problem(path.stem, comment, whole_numbers(fields.get("batch", "1"), path, "batch")[0],
                   tuple(profile(text, path) for text in fields.get("keep", "").split()),
                   whole_numbers(fields["lengths"], path, "lengths") if "lengths" in fields else (),
                   fields.get("texts", ""), fields.get("column", ""))


def random_sequences(lengths, vocabulary):
    generator = random.Random(1)
    return [[generator.randrange(SPECIAL_TOKENS, vocabulary) for _ in range(length)] for length in lengths]


def read_texts(problem, data):
    path = data / problem.texts
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise ProblemError(f"{path}: {error.strerror} (see --data)") from None
    if not rows or problem.column not in rows[0]:
        raise ProblemError(f"{path}: has no column '{problem.column}'")
    return [row[problem.column] for row in rows]


def tokenized(texts, program, model):
    """Ids of each text, as the runtime's own tokenizer has them."""
    lines = output_of([program, "tokenize", "--model", model, "--json"], input="\n".join(texts) + "\n",
                      stderr=subprocess.PIPE)
    return [json.loads(line)["ids"] for line in lines.splitlines()]


def write_input(problem, path, data, program, model):
    """The file that the programs read; returns the number of sequences and of tokens."""
    content = {"batch": problem.batch}
    if problem.texts:
        content["texts"] = read_texts(problem, data)
        content["sequences"] = tokenized(content["texts"], program, model)
    else:
        config = json.loads((model / "config.json").read_text(encoding="utf-8"))
        content["sequences"] = random_sequences(problem.lengths, config["vocab_size"])
    path.write_text(json.dumps(content), encoding="utf-8")
    return len(content["sequences"]), sum(map(len, content["sequences"]))
