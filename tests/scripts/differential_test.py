"""tests/model_files/tokenizers/differential.py: it finds what it is there to find. Skipped where it is."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DUMP_IDS = pathlib.Path(os.environ["TRANSKIMMER_BUILD"]) / "bin" / "tests" / "dump_ids"
SKIPPED = 77

# Stands between the differential and dump_ids, and changes what dump_ids says.
MEDDLER = f"""#!{sys.executable}
import json, subprocess, sys
program = subprocess.Popen(["{DUMP_IDS}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
for line in sys.stdin:
    print(line, end="", file=program.stdin, flush=True)
    answer = json.loads(program.stdout.readline())
    for encoding in answer.get("encodings", []):
        {{change}}
    print(json.dumps(answer), flush=True)
program.stdin.close()
program.wait()
"""


class Differential(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = pathlib.Path(folder.name) / "meddler"

    def run_with(self, text):
        self.program.write_text(text)
        self.program.chmod(0o755)
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/model_files/tokenizers/differential.py", "--dump-ids", self.program,
                               "--mixtures", "30", "--no-characters"], capture_output=True, encoding="utf-8", check=False)
        if done.returncode == SKIPPED:
            self.skipTest(done.stdout)
        return done

    def test_nothing_changed_is_no_difference(self):
        done = self.run_with(MEDDLER.format(change="pass"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(" 0 different", done.stdout)

    def test_a_wrong_id_type_or_offset_is_a_difference(self):
        for key, change in (("ids", "encoding.get('ids', [])[-1:] = [0]"), ("type_ids", "encoding.get('type_ids', []).append(1)"),
                            ("offsets", "encoding.get('offsets', [])[:1] = [[0, 0]]")):
            done = self.run_with(MEDDLER.format(change=change))
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertRegex(done.stdout, rf"DIFFERENT mixture \d+: .*\n  {key}\n")

    def test_what_is_refused_without_a_reason_is_a_difference(self):
        done = self.run_with(MEDDLER.format(change="pass").replace(
            "print(json.dumps(answer)", "answer = {'refused': 'tokenizer.json: no'}\n    print(json.dumps(answer)"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("refused: tokenizer.json: no", done.stdout)


if __name__ == "__main__":
    unittest.main()
