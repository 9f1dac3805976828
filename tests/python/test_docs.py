"""The Python of docs/python.md runs, with tiny models of the names that it uses."""

import pathlib
import re

import pytest

PAGE = (pathlib.Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
MODELS = {
    "my-model": "classification",
    "my-embedder": "sentence-embedding",
    "my-reranker": "reranking",
    "my-squad-model": "question-answering",
    "my-ner-model": "token-classification",
    "my-masked": "masked-language-modelling",
}


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block_runs(number, tiny_model, tmp_path, monkeypatch):
    for name, head in MODELS.items():
        if f'"{name}"' in BLOCKS[number]:
            (tmp_path / name).symlink_to(tiny_model(head))
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[number], f"docs/python.md, block {number + 1}", "exec"), {})


def test_there_are_blocks():
    assert len(BLOCKS) >= 2
