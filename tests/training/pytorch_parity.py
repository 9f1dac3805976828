#!/usr/bin/env python3
"""Our fine-tuning beside a plain PyTorch loop (benchmarks/comparison/pytorch_training.py): the same checkpoint, no dropout,
the same batches in the same order, float32. Every loss and the gradients of the first step have to agree.

  tests/training/pytorch_parity.py --data glue --model MODELS/all-MiniLM-L6-v2

The status is 77 where PyTorch or the data are absent, and 1 where something differs.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
# Sums of float32 in another order, over steps that build on each other.
LOSS_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-4
TASKS = {"mrpc": ("MRPC", []), "stsb": ("STS-B", ["--regression", "--labels", "1"])}

try:
    import torch
except ImportError:
    print("skipped: the Python package torch is not installed")
    sys.exit(SKIPPED)

sys.path.insert(0, str(ROOT / "benchmarks/comparison"))
from pytorch_training import read_safetensors  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="tests/training/pytorch_parity.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--build", type=pathlib.Path, default=ROOT / "build/release", metavar="DIR", help="default: %(default)s")
    add("--data", type=pathlib.Path, required=True, metavar="DIR", help="holds MRPC and STS-B as GLUE has them")
    add("--model", type=pathlib.Path, default=ROOT / "models/transkimmer-mini-uncased", metavar="DIR",
        help="default: %(default)s")
    add("--steps", type=int, default=50, metavar="N", help="default: %(default)s")
    add("--adam-epsilon", type=float, default=1e-8, metavar="X", help="default: %(default)s")
    add("--show", action="store_true", help="both losses of every step")
    add("--threads", type=int, default=2, metavar="N", help="default: %(default)s")
    return parser.parse_args()


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout


class Comparison:
    def __init__(self, options, task, folder):
        self.options, self.task, self.folder = options, task, folder
        self.data, self.more = options.data / TASKS[task][0], TASKS[task][1]
        self.program = options.build / "bin/transkimmer-train"
        self.start = folder / "start"

    def finetune(self, model, output, *more):
        run(self.program, "finetune", "--model", model, "--task", self.task, "--data-dir", self.data, "--no-skimming",
            "--output-dir", output, "--max-length", 128, "--precision", "f32", "--threads", self.options.threads,
            "--max-eval-samples", 8, "--logging-steps", 1, *more)

    def prepare(self):
        """A checkpoint with a head and without dropout, which both begin with."""
        self.finetune(self.options.model, self.start, "--max-steps", 1, "--learning-rate", 0, "--weight-decay", 0)
        config = json.loads((self.start / "config.json").read_text())
        config.update(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0)
        (self.start / "config.json").write_text(json.dumps(config))
        batches = run(self.options.build / "bin/benchmarks/training_batches", "--model", self.start, "--task", self.task,
                      "--data-dir", self.data, "--max-length", 128, "--steps", self.options.steps)
        (self.folder / "batches").write_text(batches)

    def ours(self):
        """Losses of the steps, and the gradients of the first: AdamW's first moment is (1 - beta1) times it."""
        self.finetune(self.start, self.folder / "ours", "--max-steps", self.options.steps, "--adam-epsilon",
                      self.options.adam_epsilon)
        state = json.loads((self.folder / "ours/trainer_state.json").read_text())
        losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
        self.finetune(self.start, self.folder / "one", "--max-steps", 1, "--warmup-ratio", 0)
        moments = read_safetensors(self.folder / "one/checkpoint-1/optimizer.safetensors")
        prefix = "exp_avg."
        gradients = {name[len(prefix):].removeprefix("bert."): moment / 0.1
                     for name, moment in moments.items() if name.startswith(prefix)}
        return losses, gradients

    def theirs(self):
        stored = self.folder / "gradients"
        out = run(sys.executable, ROOT / "benchmarks/comparison/pytorch_training.py", self.start, self.folder / "batches",
                  "--threads", self.options.threads, "--no-dropout", "--gradients", stored, "--adam-epsilon",
                  self.options.adam_epsilon, *self.more)
        return json.loads(out)["losses"], torch.load(stored)

    def compare(self):
        self.prepare()
        losses, gradients = self.ours()
        their_losses, their_gradients = self.theirs()
        if len(losses) != len(their_losses):
            sys.exit(f"{self.task}: {len(losses)} losses beside {len(their_losses)}")
        if self.options.show:
            for step, (a, b) in enumerate(zip(losses, their_losses)):
                print(f"  step {step + 1}: {a:.7f} {b:.7f}")
        loss_error = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(losses, their_losses))
        scale = max(gradient.abs().max().item() for gradient in their_gradients.values())
        errors = {name: (gradients[name] - gradient).abs().max().item() / scale
                  for name, gradient in their_gradients.items()}
        worst = max(errors, key=errors.get)
        print(f"{self.task}: {len(losses)} losses from {losses[0]:.4f} to {losses[-1]:.4f}, largest difference {loss_error:.1e}; "
              f"{len(errors)} gradients of step 1, largest difference {errors[worst]:.1e} of the largest ({worst})", flush=True)
        return loss_error <= LOSS_TOLERANCE and errors[worst] <= GRADIENT_TOLERANCE


def main():
    options = arguments()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there")
        return SKIPPED
    print(f"PyTorch {torch.__version__}, {options.model.name}, {options.threads} threads")
    equal = True
    for task in TASKS:
        folder = pathlib.Path(tempfile.mkdtemp())
        try:
            equal = Comparison(options, task, folder).compare() and equal
        finally:
            shutil.rmtree(folder)
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
