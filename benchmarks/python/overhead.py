#!/usr/bin/env python3
"""What a call costs more from Python than from C++, and what two workers reach beside one process with two threads.

    benchmarks/python/overhead.py --model my-model --texts sst2.txt --calls build/release/bin/benchmarks/calls

Calls with one text and with 32 are timed in turns, the same texts in both languages; the fastest round of each counts.
Workers are processes with a thread each that score halves of the texts at the same time.
"""

import argparse
import multiprocessing
import pathlib
import subprocess
import time
from typing import Any

import transkimmer


def seconds_of_a_call(classifier: transkimmer.Classifier, texts: list[str], batch: int) -> float:
    """As the C++ program of the same name: the mean over all texts, `batch` at a time."""
    began = time.perf_counter()
    calls = 0
    for begin in range(0, len(texts) - batch + 1, batch):
        classifier.classify(texts[begin : begin + batch] if batch > 1 else texts[begin])
        calls += 1
    return (time.perf_counter() - began) / calls


def overhead(options: argparse.Namespace, texts: list[str], batch: int) -> None:
    command = [options.calls, options.model, options.texts, str(options.threads), str(batch)]
    classifier = transkimmer.Classifier.load(options.model, threads=options.threads)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin and program.stdout
        ours, theirs = [], []
        for _ in range(options.rounds):
            program.stdin.write("\n")
            program.stdin.flush()
            theirs.append(float(program.stdout.readline()))
            ours.append(seconds_of_a_call(classifier, texts, batch))
        program.stdin.close()
    more = min(ours) - min(theirs)
    print(
        f"{batch:3} texts a call: C++ {min(theirs) * 1e6:.1f} us, Python {min(ours) * 1e6:.1f} us: "
        f"{more * 1e6:+.1f} us, {more / min(theirs):+.2%}"
    )


def work(model: str, texts: list[str], start: Any, done: Any) -> None:
    """A worker: tells when it is ready, waits for the start, and tells when it ended."""
    classifier = transkimmer.Classifier.load(model, threads=1)
    classifier.classify(texts[:64])
    done.put(0)
    start.wait()
    classifier.classify(texts)
    done.put(time.time())


def workers(options: argparse.Namespace, texts: list[str]) -> None:
    classifier = transkimmer.Classifier.load(options.model, threads=2)
    classifier.classify(texts[:64])
    context = multiprocessing.get_context("spawn")
    rates: dict[str, list[float]] = {"one process, two threads": [], "two processes, a thread each": []}
    for _ in range(options.rounds):
        began = time.perf_counter()
        classifier.classify(texts)
        rates["one process, two threads"].append(len(texts) / (time.perf_counter() - began))
        start, done = context.Event(), context.Queue()
        halves = [texts[0::2], texts[1::2]]
        running = [context.Process(target=work, args=(options.model, half, start, done)) for half in halves]
        for process in running:
            process.start()
        for _ in running:
            done.get()
        began = time.time()
        start.set()
        ended = max(done.get() for _ in running)
        rates["two processes, a thread each"].append(len(texts) / (ended - began))
        for process in running:
            process.join()
    for name, found in rates.items():
        print(f"{name}: {max(found):,.0f} texts/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", required=True, metavar="DIR")
    add("--texts", required=True, metavar="FILE", help="one text a line")
    add("--calls", required=True, metavar="FILE", help="the program that CMake builds of calls.cc")
    add("--threads", type=int, default=1, metavar="N", help="of the calls that are timed (default: %(default)s)")
    add("--rounds", type=int, default=5, metavar="N")
    options = parser.parse_args()
    texts = pathlib.Path(options.texts).read_text("utf-8").splitlines()
    for batch in (1, 32):
        overhead(options, texts, batch)
    workers(options, texts)


if __name__ == "__main__":
    main()
