"""Scores a Parquet data set with Ray Data: workers that each load the model once, from Parquet to Parquet.

    python examples/python/ray_scoring.py --model my-model --input texts.parquet --output scored --order-by id

The columns label and score follow those that a row had. A worker that dies is started again by Ray, and its batches are
scored once more. Rows come out in their order as long as none dies; with --order-by they are sorted by that column,
whatever happens.
"""

import argparse
import os
from typing import Any

import numpy as np
import ray
import transkimmer


class Scorer:
    """What a worker is: a model, loaded when the worker starts."""

    def __init__(self, model: str, column: str, threads: int) -> None:
        self.column = column
        self.classifier = transkimmer.Classifier.load(model, threads=threads)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        results = self.classifier.classify(list(batch[self.column]))
        batch["label"] = np.array([result.label for result in results], dtype=object)
        batch["score"] = np.array([result.score for result in results], dtype=np.float32)
        return batch


def score(
    model: str,
    source: str,
    destination: str,
    *,
    column: str = "text",
    workers: int = 2,
    threads: int = 1,
    batch_size: int = 1024,
    order_by: str | None = None,
    scorer: type[Scorer] = Scorer,
) -> None:
    """Scores the texts in `column` of the Parquet files `source` into the folder `destination`."""
    ray.data.DataContext.get_current().execution_options.preserve_order = order_by is None
    # Workers are dealt blocks: several for each, also where the files are small.
    rows = ray.data.read_parquet(source).repartition(target_num_rows_per_block=4 * batch_size)
    scored = rows.map_batches(
        scorer,
        fn_constructor_args=(model, column, threads),
        batch_size=batch_size,
        num_cpus=threads,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )
    if order_by is not None:
        scored = scored.sort(order_by)
    scored.write_parquet(destination)


def start(workers: int, threads: int) -> None:
    """Joins the cluster that RAY_ADDRESS names, or starts one on this machine: one processor more than the workers hold,
    as whoever reads and writes for them needs one, too."""
    if "RAY_ADDRESS" in os.environ:
        ray.init()
    else:
        ray.init(num_cpus=workers * threads + 1, include_dashboard=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a directory that every worker sees, or a name of the Hub")
    parser.add_argument("--input", required=True, help="Parquet files")
    parser.add_argument("--output", required=True, help="folder for Parquet files")
    parser.add_argument("--column", default="text", help="of the texts (default: text)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--order-by", help="a column to sort the result by")
    given = parser.parse_args()
    start(given.workers, given.threads)
    score(
        given.model,
        given.input,
        given.output,
        column=given.column,
        workers=given.workers,
        threads=given.threads,
        order_by=given.order_by,
    )


if __name__ == "__main__":
    main()
