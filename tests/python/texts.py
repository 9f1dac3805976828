"""Texts that several tests share, and the command-line program that the package carries."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
import transkimmer

TEXTS = ["a charming journey", "flat", "a flat movie, a charming movie", "", "movie " * 90, "a\0b", "Ünïcode 😀 x"]
PROGRAM = pathlib.Path(transkimmer.__file__).parent / "bin" / "transkimmer"


def random_texts(count: int, seed: int = 1, most_words: int = 80) -> list[str]:
    """Texts of 1 to `most_words` words that the tiny models know."""
    rng = np.random.default_rng(seed)
    words = ["a", "charming", "journey", "flat", "movie", "x", "12", ",", "zz"]
    return [" ".join(rng.choice(words, rng.integers(1, most_words + 1))) for _ in range(count)]


def program_results(model, lines, *options):
    """What the command-line program prints for JSON lines of a file: they are there together, so that its passes are
    those of a call with all of them, and no sum is rounded otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "lines.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        command = [PROGRAM, "predict", "--model", model, "--json", "--input", file, "--input-format", "json", *options]
        run = subprocess.run(command, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]
