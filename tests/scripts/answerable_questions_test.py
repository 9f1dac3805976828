"""scripts/answerable-questions: SQuAD v2 without what has no answer, as SQuAD v1.1 has it."""

import json
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "answerable-questions"


def question(name, *answers):
    return {"id": name, "question": f"{name}?", "is_impossible": not answers, "plausible_answers": [],
            "answers": [{"text": text, "answer_start": 4} for text in answers]}


def squad(*paragraphs):
    return {"version": "v2.0", "data": [{"title": "T", "paragraphs": [
        {"context": "the movie was flat", "qas": list(questions)} for questions in paragraphs]}]}


class AnswerableQuestions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.write("train", squad([question("a", "movie"), question("b")], [question("c")]))
        self.write("dev", squad([question("d", "movie", "movie was")]))

    def write(self, split, data):
        (self.path / f"{split}-v2.0.json").write_text(json.dumps(data))

    def run_script(self):
        return subprocess.run([SCRIPT, self.path, "--out", self.path / "out"], capture_output=True, text=True)

    def test_questions_with_answers_are_left_and_nothing_is_empty(self):
        made = self.run_script()
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(made.stdout, f"1 questions for training, 1 for validation, in {self.path / 'out'}\n")
        train, dev = (json.loads((self.path / "out" / f"{split}-v1.1.json").read_text()) for split in ("train", "dev"))
        asked = [{"id": "a", "question": "a?", "answers": [{"text": "movie", "answer_start": 4}]}]
        self.assertEqual(train, {"version": "v1.1", "data": [
            {"title": "T", "paragraphs": [{"context": "the movie was flat", "qas": asked}]}]})
        self.assertEqual(len(dev["data"][0]["paragraphs"][0]["qas"][0]["answers"]), 2)

    def test_files_at_fault_are_named_and_nothing_is_written(self):
        for data, expected in (({"data": 3}, "expected the JSON of SQuAD v2"),
                               (squad([question("b")]), "no question in it has an answer")):
            self.write("dev", data)
            made = self.run_script()
            self.assertEqual(made.returncode, 1)
            self.assertIn("dev-v2.0.json", made.stderr)
            self.assertIn(expected, made.stderr)
            self.assertFalse((self.path / "out").exists())


if __name__ == "__main__":
    unittest.main()
