"""scripts/cloze-questions: questions that have the answers they claim, in the layout of SQuAD v2."""

import json
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "cloze-questions"


def paragraph(name, year):
    """Of some 60 words, three sentences, with things to ask for."""
    return (f"The old mill near the river was built by {name} Miller in {year} and stood there for a long time. "
            f"It burned down when {name} Smith had left the village, as {year + 30} people saw it from the hill. "
            f"Nobody knows today what became of the wheel, worth $1900 in {year} and again in {year}, in the 1990s.")


class ClozeQuestions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        names = ("Adana", "Bora", "Clemir", "Diolo")
        articles = ["".join(f"{paragraph(name + str(i), 1200 + i + 150 * n)}\n" for n, name in enumerate(names))
                    for i in range(120)]
        (self.path / "text").mkdir()
        (self.path / "text" / "a.txt").write_text("\n".join(articles[:60]))
        (self.path / "text" / "b").write_text(
            "".join(f'<doc id="{i}" title="T">\n{text}</doc>\n' for i, text in enumerate(articles[60:])))

    def make(self, *arguments, text="text", out="out"):
        return subprocess.run([SCRIPT, self.path / text, "--out", self.path / out, *arguments], capture_output=True,
                              text=True)

    def questions(self, split, out="out"):
        data = json.loads((self.path / out / f"{split}-v2.0.json").read_text())["data"]
        return [(paragraph["context"], question) for article in data for paragraph in article["paragraphs"]
                for question in paragraph["qas"]]

    def test_answers_stand_where_they_are_said_to_and_not_in_the_question(self):
        made = self.make("--questions", "300")
        self.assertEqual(made.returncode, 0, made.stderr)
        asked = self.questions("train") + self.questions("dev")
        self.assertGreaterEqual(len(asked), 300)
        self.assertEqual(len({question["id"] for _, question in asked}), len(asked))
        for context, question in asked:
            self.assertEqual(question["is_impossible"], not question["answers"])
            for answer in question["answers"]:
                self.assertEqual(context[answer["answer_start"]:][:len(answer["text"])], answer["text"])
                self.assertNotIn(answer["text"], question["question"])
                self.assertNotEqual(answer["text"], "1990", "a decade")

    def test_a_third_has_no_answer_in_its_paragraph(self):
        self.make("--questions", "900", "--per-paragraph", "4")
        asked = self.questions("train")
        share = sum(question["is_impossible"] for _, question in asked) / len(asked)
        self.assertAlmostEqual(share, 1 / 3, delta=0.08)

    def test_the_seed_decides(self):
        self.make("--questions", "200")
        self.make("--questions", "200", out="again")
        self.make("--questions", "200", "--seed", "1", out="other")
        self.assertEqual(self.questions("train"), self.questions("train", "again"))
        self.assertNotEqual(self.questions("train"), self.questions("train", "other"))

    def test_mistakes_are_named(self):
        (self.path / "short.txt").write_text("Too little. Of anything. Here.\n")
        for text, message in (("short.txt", "too few paragraphs of 40 to 110 words"), ("nowhere", "nowhere")):
            made = self.make(text=text, out="none")
            self.assertEqual(made.returncode, 1)
            self.assertIn(message, made.stderr)
            self.assertNotIn("Traceback", made.stderr)
            self.assertFalse(list((self.path / "none").iterdir()))

    def test_numbers_of_questions_are_positive(self):
        for option in ("--questions", "--per-paragraph"):
            made = self.make(option, "0")
            self.assertEqual(made.returncode, 2)
            self.assertIn(f"{option}: 0: expected a positive number", made.stderr)


if __name__ == "__main__":
    unittest.main()
