"""scripts/reproduce: what it trains, measures and writes; what it says about mistakes.

Run by ctest with TRANSKIMMER_BUILD, the build directory, and TRANSKIMMER_BENCHMARKS, ON or OFF, in the environment.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from reproduction import experiment, report, runs  # noqa: E402

CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 12, "hidden_size": 16,
          "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 32,
          "type_vocab_size": 2, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "the", "film", "was", "very", "so"]
EXPERIMENT = """
[task]
name = sst2
data-dir = sst2
seeds = 1 2
time-examples = 8
[DEFAULT]
max-steps = 4
per-device-train-batch-size = 4
[dense]
model = {encoder}
from-scratch = yes
no-skimming = yes
[random]
model = {encoder}
from-scratch = yes
no-skimming = yes
[skimmed]
model = dense
skim-predictor-size = 8
skim-coefficient = 0.5
"""
PAGE = "Before.\n<!-- table: scores -->\n<!-- end -->\n<!-- table: times -->\nold\n<!-- end -->\n" \
       "<!-- table: pretraining-gain -->\n<!-- end -->\n<!-- table: precisions -->\n<!-- end -->\nAfter.\n"


class Reproduce(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        encoder = self.path / "encoder"
        encoder.mkdir()
        (encoder / "config.json").write_text(json.dumps(CONFIG))
        (encoder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
        (self.path / "data" / "sst2").mkdir(parents=True)
        rows = "".join(f"the film was {word} {kind}\t{int(kind == 'good')}\n"
                       for word in ("so", "very", "the", "film") for kind in ("good", "bad"))
        for split in ("train", "dev"):
            (self.path / "data" / "sst2" / f"{split}.tsv").write_text("sentence\tlabel\n" + rows)
        self.docs = self.path / "docs"
        self.docs.mkdir()
        (self.docs / "page.md").write_text(PAGE)
        (self.path / "README.md").write_text("<!-- table: summary -->\n<!-- end -->\n")
        self.file = self.path / "tiny.ini"
        self.file.write_text(EXPERIMENT.format(encoder=encoder))

    def reproduce(self, *arguments):
        return subprocess.run(
            [ROOT / "scripts" / "reproduce", *arguments, "--data", self.path / "data", "--runs", self.path / "runs",
             "--docs", self.docs, "--build", os.environ["TRANSKIMMER_BUILD"], "--threads", "1"],
            capture_output=True, text=True)

    @unittest.skipIf(os.environ["TRANSKIMMER_BENCHMARKS"] == "OFF", "needs the programs that take times")
    def test_trains_measures_and_fills_the_tables(self):
        done = self.reproduce(str(self.file))
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.docs / "page.md").read_text()
        self.assertRegex(page, r"\| tiny \| dev, 8 \| accuracy \| 2 \| 0\.\d{4} ± 0\.\d{4} \| 0\.\d{4} ± ")
        self.assertRegex(page, r"\| tiny \| 32 \| 8 \| \d")
        self.assertRegex(page, r"\| tiny \| accuracy \| 0\.\d{4} ± 0\.\d{4} \| 0\.\d{4} ± 0\.\d{4} \| [+-]\d")
        self.assertRegex(page, r"\| tiny \| dev, 8 \| f32 \| accuracy \| 0\.\d{4} \|  \|  \| 1\.00 \| 1\.00 \|")
        self.assertIn("| tiny | accuracy | 50.0 → 50.0 | 100 % | 0.9 |", (self.path / "README.md").read_text())
        self.assertNotIn("old", page)
        self.assertTrue(page.startswith("Before.\n") and page.endswith("After.\n"))
        self.assertIn("</svg>", (self.docs / "figures" / "kept.svg").read_text())
        measured = json.loads((self.docs / "measurements" / "tiny.json").read_text())
        self.assertEqual(list(measured["runs"]["skimmed"]), ["1", "2"])

    def test_a_second_start_trains_nothing_again(self):
        self.assertEqual(self.reproduce(str(self.file), "--stage", "train").returncode, 0)
        weights = self.path / "runs" / "tiny" / "skimmed-2" / "model.safetensors"
        written = weights.stat().st_mtime_ns
        again = self.reproduce(str(self.file), "--stage", "train")
        self.assertEqual(again.returncode, 0)
        self.assertNotIn("finetune", again.stdout)
        self.assertEqual(weights.stat().st_mtime_ns, written)

    def test_an_unfinished_run_is_resumed(self):
        self.assertEqual(self.reproduce(str(self.file), "--stage", "train").returncode, 0)
        (self.path / "runs" / "tiny" / "skimmed-2" / "finished").unlink()
        again = self.reproduce(str(self.file), "--stage", "train")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("--resume", again.stdout)

    def test_what_was_trained_otherwise_or_not_to_its_end_is_neither_taken_nor_measured(self):
        unfinished = self.reproduce(str(self.file), "--stage", "measure")
        self.assertEqual(unfinished.returncode, 1)
        self.assertIn("dense-1: not trained to its end; first: scripts/reproduce --stage train tiny", unfinished.stderr)
        self.assertEqual(self.reproduce(str(self.file), "--stage", "train").returncode, 0)
        self.file.write_text(self.file.read_text().replace("skim-predictor-size = 8", "skim-predictor-size = 4"))
        for stage in ("train", "measure"):
            changed = self.reproduce(str(self.file), "--stage", stage)
            self.assertEqual(changed.returncode, 1)
            self.assertIn("skimmed-1: trained with skim-predictor-size = 8, which tiny.ini no longer says; remove it",
                          changed.stderr)

    def test_a_run_cut_before_its_first_checkpoint_begins_again(self):
        (self.path / "runs" / "tiny" / "dense-1" / "checkpoint-2.partial").mkdir(parents=True)
        done = self.reproduce(str(self.file), "--stage", "train")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("--resume", done.stdout)

    def test_an_interrupted_program_is_waited_for(self):
        saved = self.path / "saved"
        program = f"trap 'sleep 1; touch {saved}; exit 130' INT; echo ready; while :; do sleep 0.1; done"
        code = ("import sys; sys.path.insert(0, sys.argv[1]); from reproduction import runs\n"
                "try: runs.call(['bash', '-c', sys.argv[2]])\nexcept KeyboardInterrupt: print('interrupted')")
        with subprocess.Popen([sys.executable, "-c", code, str(ROOT / "scripts"), program], text=True,
                              stdout=subprocess.PIPE, process_group=0) as caller:
            while caller.stdout.readline() != "ready\n":
                pass
            os.killpg(caller.pid, signal.SIGINT)
            self.assertEqual(caller.stdout.read(), "interrupted\n")
        self.assertTrue(saved.exists(), "the program was killed before it had saved")

    def commands(self, name, files):
        """(model, output directory) of what training experiment `name` runs, below the temporary directory."""
        (self.path / "experiments").mkdir(exist_ok=True)
        for file, text in files.items():
            (self.path / "experiments" / f"{file}.ini").write_text("[task]\nname = sst2\ndata-dir = sst2\n" + text)
        workshop = runs.Workshop(self.path, os.environ["TRANSKIMMER_BUILD"], self.path / "data", self.path / "models", self.path / "runs",
                                 self.docs, 1)
        with unittest.mock.patch.object(runs, "call", side_effect=lambda command: self.pretend(command)) as call:
            runs.train(workshop, experiment.load(self.path / "experiments" / f"{name}.ini"))
        return [tuple(str(pathlib.Path(command[command.index(option) + 1]).relative_to(self.path))
                      for option in ("--model", "--output-dir")) for (command,), _ in call.call_args_list]

    def test_what_a_run_starts_from_is_trained_first_and_no_more(self):
        files = {"first": "seeds = 42 44\n[dense]\nmodel = encoder\n[longer]\nmodel = dense\n[other]\nmodel = encoder\n",
                 "second": "seeds = 42 43\n[skimmed]\nmodel = first/longer\n"}
        self.assertEqual(self.commands("second", files),
                         [("encoder", "runs/first/dense-42"), ("runs/first/dense-42", "runs/first/longer-42"),
                          ("runs/first/longer-42", "runs/second/skimmed-42"),
                          ("runs/first/longer-42", "runs/second/skimmed-43")])
        self.assertEqual(self.commands("second", files), [])

    def test_a_run_that_starts_from_itself_is_named(self):
        for name, files in (("a", {"a": "[dense]\nmodel = dense\n"}),
                            ("b", {"b": "[x]\nmodel = c/y\n", "c": "[y]\nmodel = b/x\n"})):
            with self.assertRaisesRegex(experiment.ExperimentError, f"{name}: .* starts from its own model"):
                self.commands(name, files)

    @staticmethod
    def pretend(command):
        pathlib.Path(command[command.index("--output-dir") + 1]).mkdir(parents=True)

    def test_defaults_of_runs_are_not_the_tasks(self):
        self.file.write_text("[task]\nname = sst2\ndata-dir = x\nmax-eval-samples = 4000\n"
                             "[DEFAULT]\nmax-eval-samples = 10\nseed = 3\n[dense]\nmodel = m\nseed = 4\n")
        loaded = experiment.load(self.file)
        self.assertEqual(loaded.max_eval_samples, 4000)
        self.assertEqual(loaded.runs, {"dense": {"max-eval-samples": "10", "model": "m", "seed": "4"}})

    def test_mistakes_are_named(self):
        cases = (("[task]\nname = sst2\n", "[task] has no data-dir"),
                 ("[task]\nname = sst2\ndata-dir = sst2\nlenght = 3\n[a]\nmodel = x\n", "[task] lenght: expected one of"),
                 ("[task]\nname = sst2\ndata-dir = sst2\nseeds = one\n[a]\nmodel = x\n", "expected whole numbers"),
                 ("[task]\nname = sst2\ndata-dir = sst2\nseeds =\n[a]\nmodel = x\n", "expected whole numbers"),
                 ("[task]\nname = sst2\ndata-dir = sst2\n", "no run; expected a section"),
                 ("[task]\nname = sst2\ndata-dir = sst2\n[dense]\n", "[dense] has no model"),
                 ("[dense]\nmodel = x\n", "no section [task]"),
                 ("[task]\nname = sst2\ndata-dir = elsewhere\n[dense]\nmodel = x\n", "elsewhere: no such data"),
                 ("[task]\nname = sst2\ndata-dir = elsewhere\ndata-command = cook it\n[dense]\nmodel = x\n",
                  "or make it with: cook it"))
        for text, message in cases:
            self.file.write_text(text)
            done = self.reproduce(str(self.file))
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(message, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_pretraining_runs_become_one_curve(self):
        # The third run began with the weights of the second, so it has seen 3 million tokens more than it counts.
        for run, tokens in (("random", [4096]), ("run", [1_000_000, 1_500_000, 2_000_000, 3_000_000]),
                            ("more", [2_000_000, 5_000_000])):
            (self.path / run).mkdir()
            history = [{"loss": 5.0, "step": 1}]
            history += [{"eval_perplexity": 5e6 / seen, "num_input_tokens_seen": seen} for seen in tokens]
            (self.path / run / "trainer_state.json").write_text(json.dumps({"log_history": history}))
        (self.docs / "page.md").write_text("<!-- table: perplexity -->\n<!-- end -->\n")
        done = self.reproduce("--pretraining", f"{self.path / 'run'}+{self.path / 'more'}", self.path / "random")
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.docs / "page.md").read_text()
        rows = ["| 0.0 | 1220.7 |", "| 1.0 | 5.0 |", "| 2.0 | 2.5 |", "| 5.0 | 2.5 |", "| 8.0 | 1.0 |"]
        self.assertEqual([line for line in page.splitlines() if re.match(r"\| \d", line)], rows)
        self.assertIn("</svg>", (self.docs / "figures" / "pretraining.svg").read_text())

    def test_a_pretraining_run_without_evaluations_is_named(self):
        (self.path / "run").mkdir()
        for state, message in ((None, "expected the state of a pretraining run"),
                               ("{}", "expected the state of a pretraining run"),
                               ('{"log_history": []}', "no evaluation in trainer_state.json")):
            if state is not None:
                (self.path / "run" / "trainer_state.json").write_text(state)
            done = self.reproduce("--pretraining", self.path / "run")
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(self.path / "run"), done.stderr)
            self.assertIn(message, done.stderr)

    def test_question_answering_is_shown_run_by_run(self):
        run = {"metrics": {"exact": 48, "f1": 49, "HasAns_f1": 51, "NoAns_f1": 47},
               "skimming": {"kept_fraction_per_layer": [0.5, 0.25]}, "macs": {"run": 50, "dense_unpadded": 100}}
        answerable = {**run, "metrics": {"exact": 48, "f1": 49, "HasAns_f1": 49}}  # all have answers
        measured = {"experiment": "questions", "task": "squad_v2", "split": "dev",
                    "runs": {"skimmed": {"1": run}, "always": {"1": answerable}}}
        (self.docs / "measurements").mkdir()
        (self.docs / "measurements" / "questions.json").write_text(json.dumps(measured))
        (self.docs / "page.md").write_text("<!-- table: questions -->\n<!-- end -->\n")
        report.rebuild(self.docs)
        page = (self.docs / "page.md").read_text()
        self.assertIn("| questions | skimmed | 1 | 48.00 | 49.00 | 51.00 | 47.00 | 50.0 25.0 | 2.00 |", page)
        self.assertIn("| questions | always | 1 | 48.00 | 49.00 | 49.00 |  | 50.0 25.0 | 2.00 |", page)

    def test_percentages_and_shares_are_drawn_to_one_scale(self):
        runs = {run: {"1": {"metrics": {"f1": score, "accuracy": score / 100}}}
                for run, score in (("dense", 51), ("skimmed", 50))}
        for task, metric in (("squad_v2", "f1"), ("sst2", "accuracy")):
            both = [report.points({"task": task, "runs": runs}, run, metric) for run in runs]
            self.assertAlmostEqual(both[0] - both[1], 1)

    def test_an_unknown_table_is_named(self):
        (self.docs / "page.md").write_text("<!-- table: scors -->\n<!-- end -->\n")
        with self.assertRaisesRegex(experiment.ExperimentError, "no table 'scors'; known: scores"):
            report.rebuild(self.docs)

    def test_every_file_of_the_project_can_be_read(self):
        files = sorted((ROOT / "experiments").glob("*.ini"))
        self.assertGreaterEqual(len(files), 26)
        for path in files:
            self.assertTrue({"dense", "skimmed"} & experiment.load(path).runs.keys(), path)


if __name__ == "__main__":
    unittest.main()
