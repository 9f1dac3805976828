"""Trains the runs of an experiment, none of them twice, and measures them."""

import json
import os
import pathlib
import re
import shlex
import subprocess

from reproduction.experiment import ExperimentError, load
from reproduction.files import write_json

# libtorch's OpenMP threads otherwise spin while they wait and slow down whoever is timed next to them.
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", **os.environ}
BATCHES = (1, 32)
PUBLISHED = "MODELS/"  # what the model of a run begins with where it is a published encoder
# Precisions are compared by answers, which regression and spans of text do not have in this sense.
WITHOUT_CLASSES = {"stsb", "squad_v2"}
MOST_EXAMPLES_IN_EVERY_PRECISION = 2000  # of IMDB's 25,000: scores are good to a fraction of a point, decisions are many


class Workshop:
    """Where programs, data, experiment files, models and measurements are."""

    def __init__(self, root, build, data, models, runs, measurements, threads):
        self.root, self.build, self.data = pathlib.Path(root), pathlib.Path(build), pathlib.Path(data)
        self.models = pathlib.Path(models)
        self.runs, self.measurements, self.threads = pathlib.Path(runs), pathlib.Path(measurements), threads

    def program(self, name):
        path = self.build / "bin" / name
        if not path.exists():
            raise ExperimentError(f"{path}: no such program; build it first with: make build")
        return str(path)

    def directory(self, experiment, run, seed):
        return self.runs / experiment.name / f"{run}-{seed}"

    def data_dir(self, experiment):
        path = self.data / experiment.data_dir
        if not path.exists():
            command = experiment.data_command.replace("{data}", str(self.data))
            made = f", or make it with: {command}" if command else ""
            raise ExperimentError(f"{path}: no such data (for {experiment.name}); say where it is with --data{made}")
        return str(path)

    def origin(self, experiment, run, seed):
        """The run from whose model another one starts, as (experiment, run, seed); None if it starts from no run."""
        value = experiment.runs[run]["model"]
        if value in experiment.runs:
            return experiment, value, seed
        other, slash, other_run = value.partition("/")
        file = self.root / "experiments" / f"{other}.ini"
        if not slash or not file.exists():
            return None
        other = load(file)
        if other_run not in other.runs:
            raise ExperimentError(f"{file}: no run [{other_run}], from which {experiment.name} starts")
        return other, other_run, seed if seed in other.seeds else other.seeds[0]

    def model(self, experiment, run, seed):
        """The model that a run starts from."""
        origin = self.origin(experiment, run, seed)
        if origin:
            return str(self.directory(*origin))
        value = experiment.runs[run]["model"]
        if value.startswith(PUBLISHED):
            path = self.models / value.removeprefix(PUBLISHED)
            if not path.exists():
                raise ExperimentError(f"{path}: no such model (for {experiment.name}); say where it is with --models")
            return str(path)
        below_root = self.root / value
        return str(below_root if below_root.exists() else value)


def call(command, **options):
    """Runs a program; what it printed if `options` collect that. Ctrl-C reaches the program too, which then saves what
    it has: it is waited for, however long that takes. A second one ends both."""
    print("$ " + shlex.join(command), flush=True)
    with subprocess.Popen(command, env=ENVIRONMENT, **options) as program:
        try:
            output, _ = program.communicate()
        except KeyboardInterrupt:
            program.wait()
            raise
    if program.returncode != 0:
        raise ExperimentError(f"{command[0]} {command[1]} ended with status {program.returncode}")
    return output


def call_json(command):
    return json.loads(call(command, stdout=subprocess.PIPE, text=True))


def has_checkpoint(directory):
    """Whether there is one to go on from; one that was being written when its run was killed does not count."""
    return any(re.fullmatch(r"checkpoint-\d+", path.name) for path in directory.glob("checkpoint-*"))


def task_options(workshop, experiment):
    options = ["--task", experiment.task, "--data-dir", workshop.data_dir(experiment)]
    if experiment.max_length:
        options += ["--max-length", str(experiment.max_length)]
    return options + ["--threads", str(workshop.threads)]


def finetune_command(workshop, experiment, run, seed):
    directory = workshop.directory(experiment, run, seed)
    command = [workshop.program("transkimmer"), "finetune", *task_options(workshop, experiment),
               "--model", workshop.model(experiment, run, seed), "--output-dir", str(directory), "--seed", str(seed)]
    for option, value in experiment.runs[run].items():
        if option != "model":
            command += [f"--{option}"] if value == "yes" else [f"--{option}", value]
    return command


def recipe_of(experiment, run, seed):
    """What a run is made by, wherever its files lie."""
    of_task = {"name": experiment.task, "data-dir": experiment.data_dir, "max-length": str(experiment.max_length)}
    return {**of_task, **experiment.runs[run], "seed": str(seed)}


def is_finished(workshop, experiment, run, seed):
    """Whether a run is trained to its end. Raises ExperimentError if it was trained by another recipe."""
    directory = workshop.directory(experiment, run, seed)
    finished = directory / "finished"
    if not finished.exists():
        return False
    now = recipe_of(experiment, run, seed)
    try:
        then = json.loads(finished.read_text(encoding="utf-8"))
        changed = [key for key in {**then, **now} if then.get(key) != now.get(key)]
    except (AttributeError, TypeError, ValueError):
        raise ExperimentError(f"{finished}: expected the options that the run was trained with") from None
    if changed:
        was = ", ".join(f"{key} = {then.get(key, '(not there)')}" for key in changed)
        raise ExperimentError(f"{directory}: trained with {was}, which {experiment.name}.ini no longer says; remove it to "
                              f"train again")
    return True


def train_run(workshop, experiment, run, seed, dependents=()):
    """One run, and before it the one that it starts from; an interrupted one goes on from its last checkpoint."""
    if (experiment.name, run) in dependents:
        raise ExperimentError(f"{experiment.name}: [{run}] starts from its own model")
    if is_finished(workshop, experiment, run, seed):
        return
    workshop.data_dir(experiment)  # before hours of training what it starts from
    origin = workshop.origin(experiment, run, seed)
    if origin:
        train_run(workshop, *origin, (*dependents, (experiment.name, run)))
    command = finetune_command(workshop, experiment, run, seed)
    directory = workshop.directory(experiment, run, seed)
    if has_checkpoint(directory):
        command.append("--resume")
    elif directory.exists():
        command.append("--overwrite-output-dir")  # cut before its first checkpoint: nothing to lose
    call(command)
    write_json(directory / "finished", recipe_of(experiment, run, seed))


def train(workshop, experiment):
    """Every run at every seed."""
    for seed in experiment.seeds:
        for run in experiment.runs:
            train_run(workshop, experiment, run, seed)


def evaluate(workshop, experiment, run, seed):
    return call_json([workshop.program("transkimmer"), "evaluate",
                      "--model", str(workshop.directory(experiment, run, seed)), *task_options(workshop, experiment),
                      "--split", experiment.split, "--max-eval-samples", str(experiment.max_eval_samples),
                      "--batch-size", "32", "--no-compare", "--json"])


def time_side_by_side(workshop, experiment, seed, batch):
    return call_json([workshop.program("benchmarks/side_by_side"),
                      "--dense", str(workshop.directory(experiment, "dense", seed)),
                      "--skimmed", str(workshop.directory(experiment, "skimmed", seed)),
                      *task_options(workshop, experiment), "--split", experiment.split, "--batch", str(batch),
                      "--examples", str(experiment.time_examples)])


def in_every_precision(workshop, experiment, seed, batch):
    examples = MOST_EXAMPLES_IN_EVERY_PRECISION if batch > 1 else experiment.time_examples
    result = call_json([workshop.program("benchmarks/precisions"),
                        "--model", str(workshop.directory(experiment, "skimmed", seed)),
                        *task_options(workshop, experiment), "--split", experiment.split, "--batch", str(batch),
                        "--examples", str(examples)])
    del result["model"]  # a path of whoever measured it
    return result


def measure(workshop, experiment):
    """Scores every run, times dense and skimmed of the first seed, runs its skimmed model in every precision, and writes
    measurements/EXPERIMENT.json."""
    for run in experiment.runs:
        for seed in experiment.seeds:
            if not is_finished(workshop, experiment, run, seed):
                raise ExperimentError(f"{workshop.directory(experiment, run, seed)}: not trained to its end; first: "
                                      f"scripts/reproduce --stage train {experiment.name}")
    scores = {run: {str(seed): evaluate(workshop, experiment, run, seed) for seed in experiment.seeds}
              for run in experiment.runs}
    result = {"experiment": experiment.name, "task": experiment.task, "split": experiment.split, "runs": scores,
              "origins": {run: options["model"] for run, options in experiment.runs.items()},
              "budgets": {run: float(options["target-compute"]) for run, options in experiment.runs.items()
                          if "target-compute" in options}}
    if experiment.timed():
        result["times"] = {str(batch): time_side_by_side(workshop, experiment, experiment.seeds[0], batch)
                           for batch in BATCHES}
        if experiment.task not in WITHOUT_CLASSES:
            result["precisions"] = {str(batch): in_every_precision(workshop, experiment, experiment.seeds[0], batch)
                                    for batch in BATCHES}
    write_json(workshop.measurements / f"{experiment.name}.json", result)


def evaluations(run):
    """Tokens seen and perplexity at each evaluation of a run of `transkimmer pretrain`."""
    path = pathlib.Path(run) / "trainer_state.json"
    try:
        history = json.loads(path.read_text(encoding="utf-8"))["log_history"]
    except (OSError, ValueError, KeyError) as error:
        raise ExperimentError(f"{path}: expected the state of a pretraining run: {error}") from None
    return [{"tokens": entry["num_input_tokens_seen"], "perplexity": round(entry["eval_perplexity"], 2)}
            for entry in history if "eval_perplexity" in entry]


def continued(runs):
    """The evaluations of RUN+RUN..., each of which began with the weights of the one before: their tokens add up."""
    curve, before = [], 0
    for run in runs.split("+"):
        points = evaluations(run)
        curve += [{**point, "tokens": before + point["tokens"]} for point in points]
        before = curve[-1]["tokens"] if curve else 0
    return curve


def collect_pretraining(workshop, directories):
    """Writes the curve of all these runs, which is that of one encoder and of weights that have learnt nothing yet."""
    curve = sorted((point for runs in directories for point in continued(runs)), key=lambda point: point["tokens"])
    if not curve:
        raise ExperimentError(f"{directories[0]}: no evaluation in trainer_state.json")
    write_json(workshop.measurements / "pretraining.json", {"curve": curve})
