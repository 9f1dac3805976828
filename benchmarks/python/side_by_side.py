#!/usr/bin/env python3
"""Times this package beside others on the same weights, threads and texts: from text to unit vector, in turns.

    benchmarks/python/side_by_side.py --model all-MiniLM-L6-v2 --texts sst2.txt
    benchmarks/python/side_by_side.py --model DIR --texts FILE --python torch=/venv/bin/python --only transkimmer torch

MODEL is a directory of sentence-transformers' layout with mean pooling, TEXTS one text a line. Each contender runs as a
process of its own, under this Python or the one that --python names for it (or for its group: `torch` for all that
begin so), and waits while others run. What is not installed is skipped, and said so. Prints a table in Markdown; --json
also writes the numbers, --docs puts the table into docs/python.md between its marks.

A contender's texts per second are those of its best round. p50 is the median of single texts, one at a time. `agrees`
is the mean cosine with the vectors of PyTorch in f32, or of the first contender where PyTorch is not there.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKER = ROOT / "benchmarks" / "python" / "contender.py"
CONTENDERS = [
    "transkimmer",
    "transkimmer-int8",
    "torch-pipeline",
    "torch-compile",
    "sentence-transformers",
    "sentence-transformers-onnx",
    "sentence-transformers-onnx-int8",
    "sentence-transformers-openvino",
    "sentence-transformers-openvino-int8",
    "onnxruntime",
    "onnxruntime-int8",
    "openvino",
    "openvino-int8",
    "ctranslate2",
    "ctranslate2-int8",
]
REFERENCE = "torch-pipeline"
MARKS = ("<!-- side by side -->", "<!-- end of side by side -->")


class Contender:
    """A process that answers commands, one line of JSON for each. Raises RuntimeError where it cannot take part."""

    def __init__(self, name: str, python: str, options: argparse.Namespace, work: pathlib.Path) -> None:
        self.name = name
        self.results: dict = {"contender": name}
        command = [python, WORKER, name, options.model, options.texts, str(options.count), str(options.threads), work]
        self.errors = (work / f"{name}.log").open("w+")
        prepared = subprocess.run([*command, "prepare"], stdout=self.errors, stderr=self.errors, check=False)
        if prepared.returncode != 0:
            raise RuntimeError(self.last_words())
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )

    def ask(self, command: str) -> dict:
        """Raises RuntimeError with what the process said last, where it ends."""
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.process.wait()
            raise RuntimeError(self.last_words())
        return json.loads(line)

    def last_words(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        return lines[-1] if lines else "it ended"

    def end(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def python_of(name: str, given: list[str]) -> str:
    """The longest name or group of --python that `name` begins with."""
    pythons = dict(one.split("=", 1) for one in given)
    fitting = [group for group in pythons if name.startswith(group)]
    return pythons[max(fitting, key=len)] if fitting else sys.executable


def started(options: argparse.Namespace, work: pathlib.Path) -> list[Contender]:
    contenders = []
    for name in options.only or CONTENDERS:
        try:
            contender = Contender(name, python_of(name, options.python), options, work)
            contender.results |= contender.ask("load")
        except RuntimeError as error:
            print(f"{name}: skipped: {error}", file=sys.stderr)
            continue
        print(f"{name}: loaded", file=sys.stderr)
        contenders.append(contender)
    return contenders


def take_turns(contenders: list[Contender], rounds: int) -> None:
    for contender in contenders:
        contender.results["rates"] = []
    for number in range(rounds):
        # The order turns around, so that nobody always follows the same neighbour.
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            contender.results["rates"].append(contender.ask("round")["texts_per_second"])
            print(f"round {number + 1}: {contender.name}", file=sys.stderr)
    for contender in contenders:
        contender.results |= contender.ask("single")
        contender.results |= contender.ask("vectors")


def agreement(contenders: list[Contender]) -> None:
    by_name = {contender.name: contender for contender in contenders}
    reference = np.load(by_name.get(REFERENCE, contenders[0]).results["vectors"])
    for contender in contenders:
        vectors = np.load(contender.results["vectors"])
        contender.results["agrees"] = float((vectors * reference).sum(axis=1).mean())


def table(results: list[dict]) -> str:
    head = ["", "texts/s", "p50, one text", "agrees", "import and load", "memory", "installed"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for one in results:
        cells = [
            f"{one['contender']} {one['version']}",
            f"{max(one['rates']):,.0f}",
            f"{one['p50_seconds'] * 1000:.2f} ms",
            f"{one['agrees']:.4f}",
            f"{one['import_seconds'] + one['load_seconds']:.1f} s",
            f"{one['memory_bytes'] / 1e6:,.0f} MB",
            f"{one['installed_bytes'] / 1e6:,.0f} MB",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def store_in_docs(markdown: str) -> None:
    page = ROOT / "docs" / "python.md"
    text = page.read_text("utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    page.write_text(f"{before}{MARKS[0]}\n{markdown}\n{MARKS[1]}{after}", "utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", required=True, metavar="DIR")
    add("--texts", required=True, metavar="FILE")
    add("--count", type=int, default=2000, metavar="N", help="of the first texts (default: %(default)s)")
    add("--threads", type=int, default=2, metavar="N", help="of each contender (default: %(default)s)")
    add("--rounds", type=int, default=5, metavar="N", help="turns of each (default: %(default)s)")
    add("--only", nargs="+", choices=CONTENDERS, metavar="NAME", help=f"of {', '.join(CONTENDERS)}")
    add("--python", action="append", default=[], metavar="NAME=FILE", help="the Python of a contender or a group")
    add("--json", type=pathlib.Path, metavar="FILE")
    add("--docs", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        contenders = started(options, pathlib.Path(folder))
        if not contenders:
            sys.exit("nobody takes part")
        take_turns(contenders, options.rounds)
        agreement(contenders)
        for contender in contenders:
            contender.end()
    results = [contender.results for contender in contenders]
    markdown = table(results)
    print(markdown)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if options.docs:
        store_in_docs(markdown)


if __name__ == "__main__":
    main()
