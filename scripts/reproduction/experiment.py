"""An experiment file: one task, and the runs of `transkimmer finetune` that learn it.

    [task]                      what is learnt and how it is measured
    name = sst2                 of the catalogue
    data-dir = glue/SST-2       below --data
    data-command = ...          what makes that directory below {data}, for who lacks it (default: nothing)
    split = dev                 scored at the end (default: dev)
    max-length = 128            (default: what finetune takes)
    seeds = 42 43 44            each run is made once per seed (default: 42)
    max-eval-samples = 5000     scored at the end, chosen at random (default: all)
    time-examples = 512         examples timed at batch 1 and 32 (default: 512)

    [dense]                     a run: options of finetune, without the dashes; "yes" for those without a value
    model = models/transkimmer-mini-uncased
    no-skimming = yes

    [skimmed]
    model = dense               MODELS/NAME: a published encoder below --models; or another run's model of the same seed, or another file's: FILE/RUN
    skim-coefficient = 0.3

What stands under [DEFAULT] holds for every run.
"""

import configparser
import pathlib
from dataclasses import dataclass, field

TASK_KEYS = {"name", "data-dir", "data-command", "split", "max-length", "seeds", "max-eval-samples", "time-examples"}


class ExperimentError(Exception):
    """A file, option or program that stops the work; says which and what was expected."""


@dataclass(frozen=True)
class Experiment:
    name: str
    task: str
    data_dir: str
    data_command: str = ""
    split: str = "dev"
    max_length: int = 0
    seeds: tuple = (42,)
    max_eval_samples: int = 0
    time_examples: int = 512
    runs: dict = field(default_factory=dict)  # run name -> {option: value}, in the order of the file

    def timed(self):
        """Whether there is a dense twin and a skimmed one to time."""
        return "dense" in self.runs and "skimmed" in self.runs


def integers(text, path, key):
    try:
        numbers = tuple(int(word) for word in text.split())
    except ValueError:
        numbers = ()
    if not numbers:
        raise ExperimentError(f"{path}: [task] {key} = {text}: expected whole numbers")
    return numbers


def load(path):
    """Reads an experiment file. Raises ExperimentError that names file and key."""
    path = pathlib.Path(path)
    parser = configparser.ConfigParser(interpolation=None, default_section="")  # [DEFAULT] is of runs, not of [task]
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except (OSError, configparser.Error) as error:
        raise ExperimentError(f"{path}: {error}") from None
    if "task" not in parser:
        raise ExperimentError(f"{path}: no section [task]")
    task = dict(parser["task"])
    for key in task:
        if key not in TASK_KEYS:
            raise ExperimentError(f"{path}: [task] {key}: expected one of {', '.join(sorted(TASK_KEYS))}")
    for key in ("name", "data-dir"):
        if key not in task:
            raise ExperimentError(f"{path}: [task] has no {key}")
    of_all = dict(parser["DEFAULT"]) if "DEFAULT" in parser else {}
    runs = {section: {**of_all, **parser[section]} for section in parser.sections()
            if section not in ("task", "DEFAULT")}
    if not runs:
        raise ExperimentError(f"{path}: no run; expected a section such as [dense] with options of finetune")
    for run, options in runs.items():
        if "model" not in options:
            raise ExperimentError(f"{path}: [{run}] has no model")
    return Experiment(
        name=path.stem, task=task["name"], data_dir=task["data-dir"],
        data_command=task.get("data-command", ""), split=task.get("split", "dev"),
        max_length=integers(task.get("max-length", "0"), path, "max-length")[0],
        seeds=integers(task.get("seeds", "42"), path, "seeds"),
        max_eval_samples=integers(task.get("max-eval-samples", "0"), path, "max-eval-samples")[0],
        time_examples=integers(task.get("time-examples", "512"), path, "time-examples")[0], runs=runs)
