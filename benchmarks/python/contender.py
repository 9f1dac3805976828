"""One contender of side_by_side.py, which starts it:

    contender.py NAME MODEL TEXTS COUNT THREADS FOLDER [prepare]

With `prepare` it writes the model as it is to be read, and ends. Otherwise it reads commands from standard input (load,
round, single, vectors) and answers each with a line of JSON. All libraries take their threads from the environment or
from the call that loads them.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import statistics
import sys
import time

NAME, MODEL, TEXTS, COUNT, THREADS, FOLDER = sys.argv[1:7]
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = THREADS
os.environ["TOKENIZERS_PARALLELISM"] = "true"
os.environ["RAYON_NUM_THREADS"] = THREADS
os.environ["HF_HUB_OFFLINE"] = "1"
# What is printed by others does not mix with the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

sys.path.insert(0, str(pathlib.Path(__file__).parent))

SINGLES = 200  # texts of which p50 is the median


def distributions_below(name: str, seen: set[str]) -> set[str]:
    """A distribution and what it requires without extras, as far as it is installed."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    if name in seen:
        return seen
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return seen
    seen.add(name)
    for requirement in found.requires or []:
        if "extra ==" not in requirement:
            distributions_below(re.split(r"[ ;<>=!~\[(]", requirement, maxsplit=1)[0], seen)
    return seen


def installed_bytes(names: list[str]) -> int:
    """What these distributions and all that they require take on the disk."""
    seen: set[str] = set()
    for name in names:
        distributions_below(name, seen)
    total = 0
    for name in seen:
        for file in importlib.metadata.distribution(name).files or []:
            path = pathlib.Path(str(file.locate()))
            if path.is_file() and path.suffix != ".pyc":
                total += path.stat().st_size
    return total


def peak_memory() -> int:
    status = pathlib.Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 if found else 0


def main() -> None:
    import numpy as np

    lines = pathlib.Path(TEXTS).read_text("utf-8").splitlines()
    texts = [line for line in lines if line.strip()][: int(COUNT)]
    began = time.perf_counter()
    import contenders

    contender = contenders.of_name(NAME, pathlib.Path(MODEL), int(THREADS), pathlib.Path(FOLDER))
    contender.import_libraries()
    imported = time.perf_counter()
    if sys.argv[7:] == ["prepare"]:
        contender.prepare()
        return
    for command in sys.stdin:
        if command == "load\n":
            before = time.perf_counter()
            contender.load()
            loaded = time.perf_counter()
            contender.encode(texts[:256])  # what compiles or allocates on the first call
            answer = {
                "import_seconds": imported - began,
                "load_seconds": loaded - before,
                "version": importlib.metadata.version(contender.distributions[0]),
                "installed_bytes": installed_bytes(contender.distributions),
            }
        elif command == "round\n":
            before = time.perf_counter()
            contender.encode(texts)
            answer = {"texts_per_second": len(texts) / (time.perf_counter() - before)}
        elif command == "single\n":
            seconds = []
            for text in texts[:SINGLES]:
                before = time.perf_counter()
                contender.encode([text])
                seconds.append(time.perf_counter() - before)
            answer = {"p50_seconds": statistics.median(seconds), "memory_bytes": peak_memory()}
        else:
            path = pathlib.Path(FOLDER) / f"{NAME}.npy"
            np.save(path, contender.encode(texts))
            answer = {"vectors": str(path)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
