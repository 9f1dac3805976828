#!/usr/bin/env python3
"""huggingface_hub (PyPI) and we, each with what the other has fetched from the stand-in for the Hub.

  tests/hub/online/interchange.py          after: make check-hub builds the programs and installs the package

What it fetched we find offline, and what we fetched it finds offline: the same directories with the same files, links,
refs, contents and notes of what is absent. The status is 77 where the package is not installed, so that CTest reports
the test as skipped.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
INSTALLED = ROOT / "build/python-hub/bin/python3"  # by scripts/install-huggingface-hub
SKIPPED = 77

# Nothing of the user's: read when the package is imported.
for variable in list(os.environ):
    if variable.startswith(("HF_", "HUGGING", "TRANSFORMERS_")) or variable.lower().endswith("_proxy"):
        del os.environ[variable]
os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_XET="1",
                  HF_HUB_DISABLE_UPDATE_CHECK="1")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "org/name"
FILES = {
    "config.json": b'{"model_type": "bert"}',
    "vocab.txt": b"[PAD]\n[UNK]\n",
    "modules.json": b'[{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]',
    "1_Pooling/config.json": b"{}",
    "model.safetensors": bytes(range(256)) * 2000,
}

# What huggingface_hub does, in a process of its own, since it reads the environment once.
FETCH = """
import sys
from huggingface_hub import hf_hub_download, snapshot_download
names = sys.argv[2:]
paths = [hf_hub_download(sys.argv[1], name) for name in names]
print(paths[0].removesuffix(names[0]).rstrip("/"))
"""
FETCH_ALL = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download(sys.argv[1]))
"""
ABSENT = """
import sys
from huggingface_hub import try_to_load_from_cache, _CACHED_NO_EXIST
print(try_to_load_from_cache(sys.argv[1], "tokenizer.json") is _CACHED_NO_EXIST)
"""
SCAN = """
from huggingface_hub import scan_cache_dir
cache = scan_cache_dir()
print([str(warning) for warning in cache.warnings], [repo.repo_id for repo in cache.repos],
      [sorted(revision.refs) for repo in cache.repos for revision in repo.revisions])
"""


def require_package():
    try:
        import huggingface_hub  # noqa: F401
    except ImportError:
        if INSTALLED.exists() and pathlib.Path(sys.prefix) != INSTALLED.parent.parent:
            os.execv(INSTALLED, [INSTALLED, "-B", *sys.argv])
        print("skipped: the Python package huggingface_hub is not installed; make check-hub installs and runs")
        sys.exit(SKIPPED)
    return huggingface_hub.__version__


def output_of(command, **variables):
    result = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{result.stderr}")
    return result.stdout.strip()


def python(program, *words, **variables):
    return output_of([sys.executable, "-c", program, *words], **variables)


def layout(cache):
    """Of the model in a cache: each path with its link or content, but for the tree that the package notes."""
    folder = cache / "models--org--name"
    entries = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            entries[name] = f"-> {os.readlink(path)}"
        elif path.is_file() and not name.startswith(("trees/", ".no_exist/")):
            entries[name] = path.read_bytes()
    return entries


def require_equal(ours, theirs, what):
    if ours != theirs:
        sys.exit(f"{what} differ:\n  ours   {ours}\n  theirs {theirs}")


def compare(fetch_once, root, address):
    """In two caches, with each program online in one; then each offline in the other's."""
    ours, theirs, whole = root / "ours", root / "theirs", root / "whole"
    online = {"HF_ENDPOINT": address}
    offline = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": address}
    our_directory = output_of([fetch_once, REPOSITORY], HF_HUB_CACHE=str(ours), **online)
    their_directory = python(FETCH, REPOSITORY, *FILES, HF_HUB_CACHE=str(theirs), **online)
    require_equal(layout(ours), layout(theirs), "the caches")

    require_equal(output_of([fetch_once, REPOSITORY], HF_HUB_CACHE=str(theirs), **offline), their_directory,
                  "the directories of what huggingface_hub has fetched")
    require_equal(python(FETCH, REPOSITORY, *FILES, HF_HUB_CACHE=str(ours), **offline), our_directory,
                  "the directories of what we have fetched")
    require_equal(python(FETCH_ALL, REPOSITORY, HF_HUB_CACHE=str(ours), **offline), our_directory,
                  "the snapshots of what we have fetched")
    require_equal(python(ABSENT, REPOSITORY, HF_HUB_CACHE=str(ours), **offline), "True", "what we noted as absent")
    require_equal(python(SCAN, HF_HUB_CACHE=str(ours)), "[] ['org/name'] [['main']]", "what hf cache lists")

    python(FETCH_ALL, REPOSITORY, HF_HUB_CACHE=str(whole), **online)
    output_of([fetch_once, REPOSITORY], HF_HUB_CACHE=str(whole), **offline)
    # Each goes on in the other's cache.
    output_of([fetch_once, REPOSITORY], HF_HUB_CACHE=str(theirs), **online)
    python(FETCH_ALL, REPOSITORY, HF_HUB_CACHE=str(ours), **online)


def main():
    version = require_package()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for program in ("serve_model", "fetch_once"):
        parser.add_argument(f"--{program.replace('_', '-')}", type=pathlib.Path, metavar="PROGRAM",
                            default=ROOT / "build/release/bin/tests" / program, help="default: %(default)s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, content in FILES.items():
            path = root / "model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        server = subprocess.Popen([options.serve_model, root / "model", REPOSITORY, COMMIT], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        try:
            compare(options.fetch_once, root, server.stdout.readline().strip())
        finally:
            server.stdin.close()
            server.wait()
    print(f"huggingface_hub {version} and we read each other's caches, which are equal")


if __name__ == "__main__":
    main()
