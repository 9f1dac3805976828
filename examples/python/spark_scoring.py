"""Scores a Parquet data set with Spark: mapInPandas, from Parquet to Parquet.

    python examples/python/spark_scoring.py --model my-model --input texts.parquet --output scored --order-by id

The columns label and score follow those that a row had. Spark deals files out to workers in an order of its own; with
--order-by the result is sorted by that column. A task whose worker dies is run again, up to spark.task.maxFailures
times; on one machine that is the second number of the master local[2,4].
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator

import pandas as pd
import transkimmer
from pyspark.sql import SparkSession
from pyspark.sql.types import FloatType, StringType, StructType

Frames = Iterator[pd.DataFrame]
# A worker's process serves many tasks, and loads a model for the first of them.
_loaded: dict[tuple[str, int], transkimmer.Classifier] = {}


def scorer(model: str, column: str, threads: int) -> Callable[[Frames], Frames]:
    """What a task does with its rows."""

    def score_frames(frames: Frames) -> Frames:
        key = (model, threads)
        if key not in _loaded:
            _loaded[key] = transkimmer.Classifier.load(model, threads=threads)
        for frame in frames:
            results = _loaded[key].classify(frame[column].tolist())
            yield frame.assign(label=[one.label for one in results], score=[one.score for one in results])

    return score_frames


def score(
    spark: SparkSession,
    model: str,
    source: str,
    destination: str,
    *,
    column: str = "text",
    threads: int = 1,
    order_by: str | None = None,
    make_scorer: Callable[[str, str, int], Callable[[Frames], Frames]] = scorer,
) -> None:
    """Scores the texts in `column` of the Parquet files `source` into the folder `destination`."""
    rows = spark.read.parquet(source)
    schema = StructType([*rows.schema.fields]).add("label", StringType()).add("score", FloatType())
    scored = rows.mapInPandas(make_scorer(model, column, threads), schema)
    if order_by is not None:
        scored = scored.orderBy(order_by)
    scored.write.mode("overwrite").parquet(destination)


def session(workers: int = 2) -> SparkSession:
    """So many workers on this machine; a task is tried four times."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{workers},4]").appName("transkimmer")
    return builder.config("spark.ui.enabled", "false").getOrCreate()


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
    score(
        session(given.workers),
        given.model,
        given.input,
        given.output,
        column=given.column,
        threads=given.threads,
        order_by=given.order_by,
    )


if __name__ == "__main__":
    main()
