#!/usr/bin/env python3
"""scripts/parquet-to-jsonl on files as the Hub writes them. Skips without pyarrow."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "parquet-to-jsonl"

FEATURES = {"sentence": {"dtype": "string", "_type": "Value"},
            "label": {"names": ["negative", "positive"], "_type": "ClassLabel"},
            "tags": {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "Sequence"}}


def convert(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False)


@unittest.skipUnless(pyarrow, "pyarrow is absent")
class ParquetToJsonLines(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "0000.parquet"

    def write(self, columns, features=None):
        table = pyarrow.table(columns)
        if features is not None:
            table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        pyarrow.parquet.write_table(table, self.path)

    def rows(self, *arguments):
        result = convert(self.path, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_classes_have_their_names(self):
        self.write({"sentence": ["a \u201cgreat\u201d film\n", "flat", "?"], "label": [1, 0, -1], "tags": [[0, 1], [], [0]]},
                   FEATURES)
        self.assertEqual(self.rows(), [
            {"sentence": "a \u201cgreat\u201d film\n", "label": "positive", "tags": ["O", "B-PER"]},
            {"sentence": "flat", "label": "negative", "tags": []},
            {"sentence": "?", "label": None, "tags": ["O"]}])

    def test_other_files_keep_their_numbers(self):
        self.write({"text": ["a"], "label": [1], "score": [float("nan")]})
        self.assertEqual(self.rows(), [{"text": "a", "label": 1, "score": None}])

    def test_columns_can_be_chosen(self):
        self.write({"text": ["a"], "label": [1], "id": [7]})
        self.assertEqual(self.rows("--columns", "text,label"), [{"text": "a", "label": 1}])
        result = convert(self.path, "--columns", "body")
        self.assertEqual(result.returncode, 1)
        self.assertIn("has no column 'body'; columns found: text, label, id", result.stderr)

    def test_files_follow_each_other(self):
        self.write({"text": ["a"]})
        self.assertEqual(len(self.rows(self.path)), 2)

    def test_what_is_no_parquet_is_named(self):
        self.path.write_text("text,label\n", encoding="utf-8")
        result = convert(self.path)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"parquet-to-jsonl: {self.path}: ", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
