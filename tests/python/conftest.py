"""Tiny models for the tests of the package: WRITE_TINY_MODEL names the program of tests/support that writes them."""

import os
import pathlib
import subprocess

import pytest


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """tiny_model(head): the directory of a model of that kind."""
    program = os.environ.get("WRITE_TINY_MODEL")
    if not program:
        pytest.skip("WRITE_TINY_MODEL names no program")
    written: dict[str, pathlib.Path] = {}

    def write(head: str) -> pathlib.Path:
        if head not in written:
            directory = tmp_path_factory.mktemp(head) / "model"
            subprocess.run([program, directory, head], check=True)
            written[head] = directory
        return written[head]

    return write
