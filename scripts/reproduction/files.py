"""Files that are whole or not there: interrupted, none is left half-written."""

import json


def write_text(path, text):
    """Beside, then renamed."""
    beside = path.with_name(path.name + ".partial")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(value, indent=1) + "\n")
