"""Tiny models for the tests of the package: WRITE_TINY_MODEL names the program of tests/support that writes them."""

import os
import pathlib
import subprocess

import pytest

# As every test of the project: none asks the Hub.
os.environ["HF_HUB_OFFLINE"] = "1"


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also what takes minutes, and clusters of processes")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes, or starts clusters; run with --slow")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: needs --slow"))


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
