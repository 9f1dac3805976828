"""benchmarks/compare: what takes part, what it stores, what it says about mistakes.

Run by ctest with TRANSKIMMER_BUILD, the build directory, in the environment.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from comparison import machine, peers, problem, tables  # noqa: E402

BUILD = pathlib.Path(os.environ["TRANSKIMMER_BUILD"])
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "the", "film", "was", "very", "so"]


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        tokenizer = self.path / "tokenizer"
        tokenizer.mkdir()
        (tokenizer / "vocab.txt").write_text("\n".join(WORDS) + "\n")
        (tokenizer / "config.json").write_text(json.dumps(
            {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": len(WORDS), "hidden_size": 8,
             "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "max_position_embeddings": 64,
             "type_vocab_size": 2}))
        subprocess.run([BUILD / "bin" / "benchmarks" / "random_model", "--tokenizer", tokenizer, "--output-dir",
                        self.path / "model", "--layers", "3", "--hidden", "32", "--heads", "2", "--feed-forward", "64",
                        "--skim-predictor-size", "8"], check=True)

    def write(self, text, name="mine.ini"):
        path = self.path / name
        path.write_text("# A comment.\n[problem]\n" + text)
        return path

    def compare(self, *words):
        return subprocess.run([ROOT / "benchmarks" / "compare", "--model", self.path / "model", "--build", BUILD,
                               "--data", self.path, "--rounds", "1", "--json", self.path / "out.json", *map(str, words)],
                              capture_output=True, encoding="utf-8", check=False)

    def peers(self, *words):
        done = self.compare(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        results = json.loads((self.path / "out.json").read_text())
        return {peer["name"]: peer for peer in results["mine"]["peers"]}, done.stdout

    def test_a_program_that_ends_early_or_is_not_there_is_named(self):
        peer = peers.Peer("early", ["/bin/sh", "-c", "echo {}; exit 3"])
        peer.start()
        with self.assertRaisesRegex(problem.ProblemError, "early: /bin/sh ended with status 3"):
            peer.ask("go")
        peer.stop()
        with self.assertRaisesRegex(problem.ProblemError, "none: cannot start /no/such/program"):
            peers.Peer("none", ["/no/such/program"]).start()
        missing = subprocess.run([ROOT / "benchmarks" / "compare", "--build", self.path / "none", "base-16"],
                                 capture_output=True, encoding="utf-8", check=False)
        self.assertEqual(missing.returncode, 1)
        self.assertRegex(missing.stderr, "^compare: .*random_model: cannot be started: .*make build")

    def test_every_precision_and_profile_takes_part_on_the_same_ids(self):
        path = self.write("batch = 2\nlengths = 30 7 41\nkeep = 1 1/2 1,1/2,1/4\n")
        found, table = self.peers(path)
        expected = {f"Transkimmer {precision}{keep}" for precision in ("f32", "bf16", "int8")
                    for keep in ("", ", keeps 1", ", keeps 0.5", ", keeps 1,0.5,0.25")}
        self.assertLessEqual(expected, found.keys())
        self.assertIn("| Transkimmer f32, keeps 0.5 |", table)
        self.assertTrue(all(min(peer["seconds"]) > 0 for peer in found.values()))

    def test_the_runtime_of_another_build_takes_part_beside_the_first(self):
        other = self.path / "before"
        other.symlink_to(BUILD.resolve())
        found, _ = self.peers(self.write("lengths = 30\nkeep = 1/2\n"), "--precisions", "f32", "--no-libtorch",
                              "--build", other)
        self.assertEqual(list(found), ["Transkimmer f32", f"Transkimmer of {other} f32", "Transkimmer f32, keeps 0.5",
                                       f"Transkimmer of {other} f32, keeps 0.5"])
        self.assertEqual(found[f"Transkimmer of {other} f32"]["largest_logit_difference"], 0)

    def test_libtorch_computes_the_same_logits(self):
        if not (BUILD / "bin" / "benchmarks" / "libtorch_peer").exists():
            self.skipTest("built without libtorch")
        found, _ = self.peers(self.write("batch = 2\nlengths = 30 7 41\n"), "--precisions", "f32")
        self.assertLess(found["libtorch f32"]["largest_logit_difference"], 1e-4)

    def test_a_profile_keeps_its_share_of_the_arithmetic(self):
        found, _ = self.peers(self.write("lengths = 60\nkeep = 1 1/2\n"), "--precisions", "f32", "--no-libtorch")
        everything, half = found["Transkimmer f32, keeps 1"], found["Transkimmer f32, keeps 0.5"]
        self.assertGreater(everything["macs"], everything["dense_macs"])  # the predictors'
        self.assertAlmostEqual(half["macs"] / everything["macs"], 0.5, delta=0.12)

    def test_a_profile_may_have_a_name(self):
        found, _ = self.peers(self.write("lengths = 60\nkeep = mine:1,1/2,1/4\n"), "--precisions", "f32",
                              "--no-libtorch")
        self.assertEqual(found["Transkimmer f32, keeps mine"]["keep"], [1, 0.5, 0.25])

    def test_texts_are_tokenised_by_the_runtime(self):
        (self.path / "dev.tsv").write_text("sentence\tlabel\nthe film was so good\t1\nvery bad\t0\n")
        path = self.write("batch = 2\ntexts = dev.tsv\ncolumn = sentence\n")
        found, _ = self.peers(path, "--precisions", "f32", "--no-libtorch")
        self.assertEqual(json.loads((self.path / "out.json").read_text())["mine"]["tokens"], 7 + 4)
        self.assertEqual(found["Transkimmer f32"]["largest_logit_difference"], 0)

    def test_mistakes_name_the_file_and_what_was_expected(self):
        for text, message in (("lengths = 1 x\n", "lengths = 1 x: expected whole numbers above 0"),
                              ("lengths = 4\nkeep = 3/2\n", "keep: 3/2 is not above 0 and at most 1"),
                              ("lengths = 4\nkeep = much\n", "keep: much is not a share such as 1/4 or 0.25"),
                              ("batch = 4\n", "expected either lengths or texts"),
                              ("lengths = 4\nlenghts = 4\n", "unknown key lenghts"),
                              ("texts = none.tsv\ncolumn = a\n", "none.tsv: No such file or directory (see --data)")):
            done = self.compare(self.write(text))
            self.assertEqual(done.returncode, 1)
            self.assertIn(message, done.stderr)
            self.assertIn("mine.ini" if "none" not in text else "none.tsv", done.stderr)

    def test_a_problem_without_a_place_in_the_page_is_refused_before_it_is_measured(self):
        done = self.compare(self.write("batch = 1\nlengths = 3\n"), "--docs")
        self.assertEqual(done.returncode, 1)
        self.assertIn("expected a place for the table, '<!-- comparison: ", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_the_projects_problems_can_be_read(self):
        files = sorted((ROOT / "benchmarks" / "problems").glob("*.ini"))
        self.assertTrue(files)
        for path in files:
            self.assertTrue(problem.load(path).comment, path)

    def test_kernels_are_shown_with_their_fraction_of_what_is_possible(self):
        text = json.dumps({"benchmarks": [
            {"name": "bench_product/rows:1", "label": "int8", "real_time": 50000, "items_per_second": 4.7e10,
             "of_peak": 0.25, "of_memory_bandwidth": 0.5},
            {"name": "bench_embed/128", "real_time": 2000, "items_per_second": 6e7, "bytes_per_second": 5e10,
             "of_cache_bandwidth": 0.75},
            {"name": "bench_product/rows:2", "error_occurred": True, "error_message": "no instructions for it"}]})
        table = machine.kernel_table(text)
        self.assertIn("| product/rows:1 int8 | 50 | 47 |  | 25 % | 50 % |  |", table)
        self.assertIn("| embed/128 | 2 |  | 50 |  |  | 75 % |", table)
        self.assertNotIn("rows:2", table)

    def test_the_machines_texts_replace_what_stood_between_their_marks(self):
        page = self.path / "page.md"
        page.write_text("<!-- machine: kernels -->\nold\n<!-- end -->\n<!-- machine: other -->\nstays\n<!-- end -->\n")
        machine.fill(page, {"kernels": "new"})
        self.assertEqual(page.read_text(), "<!-- machine: kernels -->\nnew\n<!-- end -->\n"
                                           "<!-- machine: other -->\nstays\n<!-- end -->\n")

    def test_tables_replace_what_stood_between_their_marks(self):
        page = self.path / "page.md"
        page.write_text("<!-- comparison: mine -->\nold\n<!-- end -->\n<!-- comparison: other -->\nstays\n<!-- end -->\n")
        peer = {"seconds": [0.002, 0.004], "name": "Transkimmer f32"}
        result = {"comment": "C.", "sequences": 1, "tokens": 4, "batch": 1, "threads": 2, "hardware": "H", "rounds": 1,
                  "peers": [peer, {**peer, "name": "other", "seconds": [0.006, 0.006]}]}
        tables.fill(page, {"mine": result})
        self.assertIn("| Transkimmer f32 | 3.00 | 2.50 to 3.50 | 2.00 |", page.read_text())
        self.assertIn("stays", page.read_text())
        self.assertNotIn("old", page.read_text())


if __name__ == "__main__":
    unittest.main()
