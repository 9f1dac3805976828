"""Examples per second of fine-tuning: ours beside a plain PyTorch loop (pytorch_training.py), in turns, from the same
batches. With --skimming DIR, a model that skims the same task, also ours at the share of the arithmetic that it keeps.

    python3 training_speed.py --data glue --task sst2 --model MODELS/all-MiniLM-L6-v2 --rounds 3
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = {"sst2": "SST-2", "mrpc": "MRPC"}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return done


def ours(options, folder, model, precision, *more):
    done = run(options.build / "bin/transkimmer-train", "finetune", "--model", model, "--task", options.task, "--data-dir",
               options.data / FOLDERS[options.task], "--output-dir", folder / "out", "--overwrite-output-dir", "--max-length",
               128, "--precision", precision, "--threads", options.threads, "--max-steps", options.steps, "--max-eval-samples",
               8, "--save-steps", options.steps, *more)
    return float(re.findall(r"([0-9]+) examples/s", done.stderr)[-1])


def theirs(options, folder, precision):
    done = run(sys.executable, ROOT / "benchmarks/comparison/pytorch_training.py", options.model, folder / "batches",
               "--precision", precision, "--threads", options.threads)
    return json.loads(done.stdout)["examples_per_second"]


def runs_of(options, folder):
    runs = {}
    for precision in options.precisions:
        runs["PyTorch", precision] = lambda p=precision: theirs(options, folder, p)
        runs["ours", precision] = lambda p=precision: ours(options, folder, options.model, p, "--no-skimming")
        if options.skimming:
            runs["ours, skimming", precision] = lambda p=precision: ours(
                options, folder, options.skimming, p, "--target-compute", options.target_compute, "--skim-warmup-ratio", 0,
                "--teacher", "none")
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--build", type=pathlib.Path, default=ROOT / "build/release")
    add("--data", type=pathlib.Path, required=True, help="holds SST-2 and MRPC as GLUE has them")
    add("--task", choices=sorted(FOLDERS), default="sst2")
    add("--model", type=pathlib.Path, required=True)
    add("--skimming", type=pathlib.Path)
    add("--target-compute", type=float, default=0.25)
    add("--precisions", nargs="+", choices=["f32", "bf16"], default=["f32", "bf16"])
    add("--steps", type=int, default=60)
    add("--rounds", type=int, default=3)
    add("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        batches = run(options.build / "bin/benchmarks/training_batches", "--model", options.model, "--task", options.task,
                      "--data-dir", options.data / FOLDERS[options.task], "--max-length", 128, "--steps", options.steps)
        (folder / "batches").write_text(batches.stdout)
        speeds = {key: [] for key in runs_of(options, folder)}
        for _ in range(options.rounds):
            for key, measure in runs_of(options, folder).items():
                speeds[key].append(measure())
    print(f"{options.task}, {options.model.name}, batches of 32, {options.threads} threads, {options.rounds} rounds of "
          f"{options.steps} steps; median (least to most) examples/s")
    for (who, precision), found in speeds.items():
        print(f"  {who:15} {precision:5} {statistics.median(found):6.0f} ({min(found):.0f} to {max(found):.0f})")


if __name__ == "__main__":
    main()
