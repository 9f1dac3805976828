#!/usr/bin/env python3
"""Our tokenizers against Hugging Face's `tokenizers` and `transformers` (PyPI), over random files and every code point.

  tests/model_files/tokenizers/differential.py                          thousands of mixtures, then all characters
  tests/model_files/tokenizers/differential.py --only 17                one mixture, shown in full where it differs
  tests/model_files/tokenizers/differential.py --only-pipeline 17       the same of those of any parts
  tests/model_files/tokenizers/differential.py --only-settings 17       the same of those with settings files
  tests/model_files/tokenizers/differential.py --write-fixture          what tests without the package compare with
  tests/model_files/tokenizers/differential.py --write-unicode-data     src/text/unicode/unicode_data.cc anew, for a newer `tokenizers`

A mixture is a tokenizer.json made by chance (vocabulary, normalizer, pre-tokenizer, post-processor, added tokens) with
texts and pairs of texts, some cut to a length. It is equal, refused (by the name of the field that we do not support),
or different: then the status is 1. Ids, type ids, offsets and the text each token is of are compared.
Pipelines are mixtures of any normalizers, pre-tokenizers and models, some with vocabularies that `sentencepiece` has learned
(where it is installed), and lines in thirty scripts. Others have settings files too (tokenizer_config.json, special_tokens_map.json, added_tokens.json), beside tokenizer.json or
beside vocabulary files. These are compared with what `transformers` loads; without that package they are left out.
The status is 77 where the package is not installed, so that CTest reports the test as skipped.
"""

import argparse
import os
import pathlib
import resource
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
SKIPPED = 77
MEMORY_LIMIT = 4 << 30

INSTALLED = ROOT / "build/python/bin/python3"  # by scripts/install-tokenizers

try:
    import tokenizers
except ImportError:
    if INSTALLED.exists() and pathlib.Path(sys.prefix) != INSTALLED.parent.parent:
        os.execv(INSTALLED, [INSTALLED, "-B", *sys.argv])
    print("skipped: the Python package tokenizers is not installed; make check-tokenizers installs and runs")
    sys.exit(SKIPPED)

from tokenizer_mixtures import characters, fixture, trained, unicode_data  # noqa: E402
from tokenizer_mixtures.comparison import Totals, compare, job_of, reference_of  # noqa: E402
from tokenizer_mixtures.loaded import transformers  # noqa: E402
from tokenizer_mixtures.mixtures import make_mixture, make_settings_mixture  # noqa: E402
from tokenizer_mixtures.ours import Ours  # noqa: E402
from tokenizer_mixtures.pipelines import make_pipeline  # noqa: E402
from tokenizer_mixtures.reduction import Reducer, described  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="tests/model_files/tokenizers/differential.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dump-ids", type=pathlib.Path, default=ROOT / "build/release/bin/tests/dump_ids", metavar="PROGRAM",
        help="default: %(default)s")
    add("--mixtures", type=int, default=4000, metavar="N", help="how many (default: %(default)s)")
    add("--settings", type=int, default=800, metavar="N", help="how many with settings files (default: %(default)s)")
    add("--pipelines", type=int, default=600, metavar="N", help="how many of any parts (default: %(default)s)")
    add("--only-pipeline", type=int, metavar="NUMBER", help="this mixture of any parts alone")
    add("--only-settings", type=int, metavar="NUMBER", help="this mixture with settings files alone")
    add("--seed", type=int, default=1, help="default: %(default)s")
    add("--only", type=int, metavar="NUMBER", help="this mixture alone")
    add("--show", type=int, default=10, metavar="N", help="differences shown in full (default: %(default)s)")
    add("--no-characters", dest="characters", action="store_false", help="leaves out the comparison of all characters")
    add("--write-fixture", action="store_true", help="writes tests/data/tokenizer/mixtures.json and ends")
    add("--write-unicode-data", action="store_true", help="writes src/text/unicode/unicode_data.cc and ends")
    return parser.parse_args()


def hide_panics():
    """Rust reports its panics on the standard error output itself. Python's own messages go there still."""
    sys.stderr = open(os.dup(2), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def limit_memory():
    """A mistake in `tokenizers` must not take the machine's memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))


def compare_mixtures(ours, make, numbers, options, folder):
    """`make` makes the mixture of a seed and a number. Returns the totals."""
    totals = Totals()
    begin = time.monotonic()
    for number in numbers:
        mixture = make(options.seed, number)
        ours.send(job_of(mixture, folder))
        reference = reference_of(mixture, folder)
        outcome = compare(mixture, reference, ours.receive())
        totals.kinds[outcome.kind] += 1
        totals.texts += len(mixture.requests)
        totals.panics += reference.panics if reference else 0
        if outcome.kind == "refused":
            totals.refusals[f"{mixture.outside or 'settings'}: {outcome.message}"] += 1
        if outcome.kind == "different" and totals.kinds["different"] <= options.show:
            print(f"DIFFERENT mixture {number}: {outcome.message}", flush=True)
        if len(numbers) == 1 and outcome.kind == "different":
            reducer = Reducer(ours, folder)
            mixture = reducer.reduced(mixture)
            print(f"\nReduced:\n{described(mixture, reducer.outcome(mixture))}")
    totals.seconds = time.monotonic() - begin
    return totals


def report(package, totals, what):
    print(f"{package.__name__} {package.__version__}: {sum(totals.kinds.values())} {what}, {totals.texts} texts and pairs, "
          f"{totals.seconds:.0f} s: {totals.kinds['equal']} equal, {totals.kinds['refused']} refused, "
          f"{totals.kinds['different']} different; tokenizers panicked {totals.panics} times")
    for refusal, count in sorted(totals.refusals.items()):
        print(f"  refused {count} times: {refusal}", flush=True)


def compare_characters(ours, folder):
    """Returns how many decisions differ."""
    wrong = 0
    for name, different in characters.compare_characters(ours, folder):
        wrong += len(different)
        shown = " ".join(f"U+{ord(character):04X}" for character in different[:20])
        print(f"  {name}: {len(different)} different {shown}".rstrip(), flush=True)
    return wrong


def main():
    options = arguments()
    hide_panics()
    if options.write_fixture:
        fixture.write_fixture(ROOT / "tests/data/tokenizer/mixtures.json")
        return 0
    if options.write_unicode_data:
        unicode_data.write_unicode_data(ROOT / "src/text/unicode/unicode_data.cc")
        return 0
    wrong = 0
    only = {options.only, options.only_pipeline, options.only_settings} - {None}
    if trained.sentencepiece is None:
        print("skipped: vocabularies of sentencepiece; make check-tokenizers installs it")
    with tempfile.TemporaryDirectory() as folder, Ours(options.dump_ids) as ours:
        limit_memory()
        folder = pathlib.Path(folder)
        for chosen, count, make, package, what in (
                (options.only, options.mixtures, make_mixture, tokenizers, "mixtures"),
                (options.only_pipeline, options.pipelines, make_pipeline, tokenizers, "pipelines"),
                (options.only_settings, options.settings, make_settings_mixture, transformers, "mixtures with settings files")):
            if package is None:
                print(f"skipped: {what}; transformers is not installed, make check-tokenizers installs it")
                continue
            numbers = ([] if chosen is None else [chosen]) if only else range(count)
            if numbers:
                totals = compare_mixtures(ours, make, numbers, options, folder)
                report(package, totals, what)
                wrong += totals.kinds["different"]
        if options.characters and not only:
            print(f"{len(characters.CODE_POINTS)} code points:")
            wrong += compare_characters(ours, folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
