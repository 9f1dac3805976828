"""Rebuilds the tables and figures of docs/ from docs/measurements/*.json.

A table of a Markdown file stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import json
import math
import re
import statistics

from reproduction.charts import Axis, Series, chart
from reproduction.experiment import ExperimentError
from reproduction.files import write_text

# The metric that a task is judged by, of those that evaluate prints.
MAIN_METRIC = {"cola": "matthews_correlation", "stsb": "pearson", "squad_v2": "f1"}
# Of each task the further metrics that its benchmark reports.
SECOND_METRIC = {"mrpc": "f1", "qqp": "f1", "stsb": "spearmanr", "squad_v2": "exact"}


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main_metric(task):
    return MAIN_METRIC.get(task, "accuracy")


def metric_names(task):
    return [main_metric(task)] + ([SECOND_METRIC[task]] if task in SECOND_METRIC else [])


def values(experiment, run, metric):
    return [seed["metrics"][metric] for seed in experiment["runs"][run].values()]


def points(experiment, run, metric):
    """Mean over the seeds, times 100 where a score is not of that size already, as SQuAD's are."""
    return (1 if experiment["task"] == "squad_v2" else 100) * statistics.fmean(values(experiment, run, metric))


def with_spread(numbers, digits=4):
    mean = f"{statistics.fmean(numbers):.{digits}f}"
    return mean if len(numbers) == 1 else f"{mean} ± {statistics.stdev(numbers):.{digits}f}"


def score(experiment, run):
    return " / ".join(with_spread(values(experiment, run, metric)) for metric in metric_names(experiment["task"]))


def seeds(experiment, run):
    return list(experiment["runs"][run].values())


def kept_per_layer(experiment, run="skimmed"):
    """Mean over the seeds, one number per layer."""
    layers = zip(*(seed["skimming"]["kept_fraction_per_layer"] for seed in seeds(experiment, run)))
    return [statistics.fmean(layer) for layer in layers]


def macs_ratio(experiment, of, run="skimmed"):
    return statistics.fmean(seed["macs"][of] / seed["macs"]["run"] for seed in seeds(experiment, run))


def twins(experiments):
    return [e for e in experiments if {"dense", "skimmed"} <= e["runs"].keys()]


def scores_table(experiments):
    header = ["task", "split, examples", "metric", "seeds", "dense twin", "skimmed", "tokens kept per layer, %",
              "MACs ratio, dense unpadded", "MACs ratio, dense padded", "rebuilt by"]
    rows = []
    for e in twins(experiments):
        first = seeds(e, "skimmed")[0]
        kept = " ".join(f"{100 * share:.1f}" for share in kept_per_layer(e))
        rows.append([e["experiment"], f"{e['split']}, {first['examples']}", " / ".join(metric_names(e["task"])),
                     str(len(seeds(e, "skimmed"))), score(e, "dense"), score(e, "skimmed"), kept,
                     f"{macs_ratio(e, 'dense_unpadded'):.2f}", f"{macs_ratio(e, 'dense_padded'):.2f}",
                     f"`scripts/reproduce {e['experiment']}`"])
    return table(header, rows)


def times_table(experiments):
    header = ["task", "batch", "sequences", "libtorch dense padded, ms", "runtime dense, ms", "runtime skimmed, ms",
              "libtorch / dense", "dense / skimmed", "libtorch / skimmed", "time ratio over MACs ratio",
              "over that of MACs really computed"]
    rows = []
    for e in twins(experiments):
        first = seeds(e, "skimmed")[0]
        ratio = first["macs"]["dense_unpadded"] / first["macs"]["run"]
        computed = first["macs"]["computed"]
        computed_ratio = computed["dense_unpadded"] / computed["run"]
        for batch, time in e.get("times", {}).items():
            seconds = time["seconds"]
            torch, dense, skimmed = (seconds[key] for key in
                                     ("libtorch_dense_padded", "runtime_dense_ragged", "runtime_skimmed"))
            per_sequence = [f"{1000 * s / time['examples']:.3f}" for s in (torch, dense, skimmed)]
            rows.append([e["experiment"], batch, str(time["examples"]), *per_sequence, f"{torch / dense:.2f}",
                         f"{dense / skimmed:.2f}", f"{torch / skimmed:.2f}", f"{dense / skimmed / ratio:.2f}",
                         f"{dense / skimmed / computed_ratio:.2f}"])
    return table(header, rows)


def summary_table(experiments):
    """What matters most, for README: scores times 100, and milliseconds per sequence in batches of 32."""
    header = ["task", "metric", "dense → skimmed, points", "tokens kept", "MACs, dense unpadded / skimmed",
              "libtorch 1.13 dense padded", "this runtime dense", "this runtime skimmed"]
    rows = []
    for e in twins(experiments):
        if "32" not in e.get("times", {}):
            continue
        metric, time = main_metric(e["task"]), e["times"]["32"]
        dense, skimmed = (points(e, run, metric) for run in ("dense", "skimmed"))
        times = [f"{1000 * time['seconds'][key] / time['examples']:.2f} ms" for key in
                 ("libtorch_dense_padded", "runtime_dense_ragged", "runtime_skimmed")]
        rows.append([e["experiment"], metric, f"{dense:.1f} → {skimmed:.1f}",
                     f"{100 * statistics.fmean(kept_per_layer(e)):.0f} %", f"{macs_ratio(e, 'dense_unpadded'):.1f}",
                     *times])
    return table(header, rows)


def questions_table(experiments):
    """What question answering models score, with what is protected from skimming and without."""
    names = ["exact", "f1", "HasAns_f1", "NoAns_f1"]
    header = ["experiment", "run", "seeds", *names, "tokens kept per layer, %", "MACs ratio, dense unpadded"]
    rows = []
    for e in experiments:
        for run in e["runs"] if e["task"] == "squad_v2" else ():
            skims = run != "dense"
            scored = seeds(e, run)[0]["metrics"]  # without NoAns where every question has an answer
            scores = [with_spread(values(e, run, name), 2) if name in scored else "" for name in names]
            rows.append([e["experiment"], run, str(len(seeds(e, run))), *scores,
                         " ".join(f"{100 * kept:.1f}" for kept in kept_per_layer(e, run)) if skims else "",
                         f"{macs_ratio(e, 'dense_unpadded', run):.2f}" if skims else ""])
    return table(header, rows)


def encoder_of(experiment):
    """The published encoder that the dense twin began with."""
    return experiment["origins"]["dense"].removeprefix("MODELS/")


def budgets_table(experiments):
    """What each budget leaves of the dense twin's score: one row per run that has one."""
    header = ["encoder", "task", "split, examples", "metric", "seeds", "dense twin", "--target-compute", "skimmed", "points",
              "tokens kept per layer, %", "MACs, dense unpadded / skimmed", "rebuilt by"]
    rows = []
    for e in experiments:
        for run, budget in sorted(e.get("budgets", {}).items(), key=lambda item: -item[1]):
            metric, first = main_metric(e["task"]), seeds(e, run)[0]
            kept = " ".join(f"{100 * share:.0f}" for share in kept_per_layer(e, run))
            rows.append([encoder_of(e), e["task"], f"{e['split']}, {first['examples']}", metric, str(len(seeds(e, run))),
                         with_spread(values(e, "dense", metric)), f"{budget:g}", with_spread(values(e, run, metric)),
                         f"{points(e, run, metric) - points(e, 'dense', metric):+.1f}", kept,
                         f"{macs_ratio(e, 'dense_unpadded', run):.2f}", f"`scripts/reproduce {e['experiment']}`"])
    return table(header, rows)


def share(number):
    return "0" if number == 0 else f"{100 * number:.2g} %"


def precisions_table(experiments):
    """The skimmed models in every precision, in batches of 32; ratios are f32's over this precision's time."""
    header = ["task", "split, examples", "precision", "metric", "score", "decisions unlike f32's",
              "answers unlike f32's", "times as fast, batch 32", "batch 1"]
    rows = []
    for e in experiments:
        if "precisions" not in e:
            continue
        batches = {batch: run["precisions"] for batch, run in e["precisions"].items()}
        names = metric_names(e["task"])
        for precision, run in batches["32"].items():
            ratios = [f"{of['f32']['seconds'] / of[precision]['seconds']:.2f}" if precision in of else ""
                      for of in (batches["32"], batches["1"])]
            unlike = ["", ""] if precision == "f32" else [share(run["decisions_unlike_f32"]),
                                                          share(run["answers_unlike_f32"])]
            scores = " / ".join(f"{run['metrics'][name]:.4f}" for name in names)
            rows.append([e["experiment"], f"{e['split']}, {e['precisions']['32']['examples']}", precision, " / ".join(names),
                         scores, *unlike, *ratios])
    return table(header, rows)


def pretraining_gain_table(experiments):
    header = ["experiment", "metric", "random weights", "pretrained", "gain, points"]
    rows = []
    for e in experiments:
        if {"dense", "random"} <= e["runs"].keys():
            metric = main_metric(e["task"])
            random, pretrained = values(e, "random", metric), values(e, "dense", metric)
            gain = points(e, "dense", metric) - points(e, "random", metric)
            rows.append([e["experiment"], metric, with_spread(random), with_spread(pretrained), f"{gain:+.1f}"])
    return table(header, rows)


def perplexity_table(curve):
    """The first point and each that has twice the tokens of the one shown before, and the last."""
    rows, shown = [], 0
    for point in curve:
        if point["tokens"] >= 2 * shown or point is curve[-1]:
            rows.append([f"{point['tokens'] / 1e6:.1f}", f"{point['perplexity']:.1f}"])
            shown = point["tokens"]
    return table(["million tokens seen", "perplexity"], rows)


def scores_figure(experiments):
    series = []
    for e in twins(experiments):
        metric = main_metric(e["task"])
        loss = points(e, "skimmed", metric) - points(e, "dense", metric)
        series.append(Series(e["experiment"], ((100 / macs_ratio(e, "dense_unpadded"), loss),), connected=False))
    lowest = min([-2.0] + [one.points[0][1] for one in series])
    highest = max([1.0] + [one.points[0][1] for one in series])
    return chart("Skimmed against its dense twin", series,
                 Axis("MACs, % of the dense twin's", 0, 100, (0, 25, 50, 75, 100)),
                 Axis("difference of the metric, points", lowest - 0.2, highest + 0.2,
                      tuple(range(math.ceil(lowest), math.floor(highest) + 1))))


def kept_figure(experiments):
    series = [Series(e["experiment"], tuple((layer, 100 * share) for layer, share in enumerate(kept_per_layer(e), 1)))
              for e in twins(experiments)]
    layers = max(len(one.points) for one in series)
    return chart("Tokens that each layer computes", series, Axis("layer", 1, max(2, layers), tuple(range(1, layers + 1))),
                 Axis("tokens kept, %", 0, 100, (0, 25, 50, 75, 100)))


def perplexity_figure(curve):
    points = tuple((point["tokens"] / 1e6, point["perplexity"]) for point in curve)
    most = points[-1][0]
    ticks = tuple(range(0, int(most) + 1, max(10, int(most) // 60 * 10)))
    levels = tuple(level for level in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
                   if 0.7 * points[-1][1] < level < 1.5 * points[0][1])
    return chart("Masked-LM perplexity on held-out text", (Series("transkimmer-mini", points),),
                 Axis("million tokens seen", 0, most, ticks),
                 Axis("perplexity", 0.8 * points[-1][1], 1.2 * points[0][1], levels, logarithmic=True))


def fill_tables(path, tables):
    """Replaces the tables between their marks. Raises ExperimentError for a mark that no table has."""
    def replacement(match):
        if match[2] not in tables:
            raise ExperimentError(f"{path}: there is no table '{match[2]}'; known: {', '.join(tables)}")
        return f"{match[1]}\n{tables[match[2]]}\n{match[3]}"

    old = path.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- table: ([\w-]+) -->)\n.*?(<!-- end -->)", replacement, old, flags=re.DOTALL)
    if new != old:
        write_text(path, new)


def rebuild(docs):
    """Every marked table of docs/*.md and of README.md above, and docs/figures/*.svg, from what has been measured."""
    measured = {path.stem: json.loads(path.read_text(encoding="utf-8"))
                for path in sorted((docs / "measurements").glob("*.json"), key=lambda path: path.stem)}
    pretraining = measured.pop("pretraining", None)
    experiments = list(measured.values())
    tables = {"scores": scores_table(experiments), "times": times_table(experiments),
              "precisions": precisions_table(experiments), "questions": questions_table(experiments),
              "summary": summary_table(experiments),
              "budgets": budgets_table(experiments),
              "pretraining-gain": pretraining_gain_table(experiments)}
    figures = {}
    if twins(experiments):
        figures = {"scores": scores_figure(experiments), "kept": kept_figure(experiments)}
    if pretraining:
        tables["perplexity"] = perplexity_table(pretraining["curve"])
        figures["pretraining"] = perplexity_figure(pretraining["curve"])
    for path in [*sorted(docs.glob("*.md")), *docs.parent.glob("README.md")]:
        fill_tables(path, tables)
    for name, figure in figures.items():
        (docs / "figures").mkdir(exist_ok=True)
        write_text(docs / "figures" / f"{name}.svg", figure)
