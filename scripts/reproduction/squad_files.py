"""Writes questions in the layout of SQuAD."""

import json


def write(folder, splits, version):
    """SPLIT-vVERSION.json of every split: all of them beside first, then renamed, never a new one next to an old one."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = {split: folder / f"{split}-v{version}.partial" for split in splits}
    for split, articles in splits.items():
        text = json.dumps({"version": f"v{version}", "data": articles}, ensure_ascii=False)
        beside[split].write_text(text, encoding="utf-8")
    for path in beside.values():
        path.replace(path.with_suffix(".json"))


def count(articles):
    """Their questions."""
    return sum(len(paragraph["qas"]) for article in articles for paragraph in article["paragraphs"])
