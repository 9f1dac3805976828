"""The examples for clusters, on a local one of two workers each: Parquet to Parquet, complete and in order, also where
a worker is killed. Skips where the engines are not installed."""

import os
import pathlib
import signal
import sys

import numpy as np
import pytest
import transkimmer
from texts import random_texts

pytestmark = pytest.mark.slow
parquet = pytest.importorskip("pyarrow.parquet")
import pyarrow  # noqa: E402  (where its Parquet is there)

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "python"
sys.path.insert(0, str(EXAMPLES))
# For the processes of workers, which import what they are sent by name.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(EXAMPLES), str(pathlib.Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
)

ROWS = 6000


@pytest.fixture
def texts(tmp_path):
    """Rows in three files."""
    texts = random_texts(ROWS, most_words=20)
    folder = tmp_path / "texts"
    folder.mkdir()
    for part in range(3):
        rows = range(part * ROWS // 3, (part + 1) * ROWS // 3)
        table = pyarrow.table({"id": list(rows), "text": [texts[row] for row in rows]})
        parquet.write_table(table, folder / f"{part}.parquet", row_group_size=500)
    return texts, folder


def check(texts, model, output):
    """Every row once, in order, with what one process makes of it."""
    files = sorted(output.glob("*.parquet"))
    table = pyarrow.concat_tables([parquet.read_table(file) for file in files])
    assert table.column_names == ["id", "text", "label", "score"]
    ids = table["id"].to_pylist()
    assert sorted(ids) == list(range(ROWS)), "every row once"
    assert ids == list(range(ROWS)), "in order"
    assert table["text"].to_pylist() == texts
    expected = transkimmer.Classifier.load(model).classify(texts)
    assert table["label"].to_pylist() == [one.label for one in expected]
    # Passes of other texts round sums otherwise.
    assert np.allclose(table["score"].to_numpy(), [one.score for one in expected], atol=1e-5)


def note_worker(folder):
    """Leaves a file of this process, so that workers can be counted."""
    (folder / f"worker-{os.getpid()}").touch()


def die_once(flag):
    """Kills the worker that comes first, as a machine that fails would."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    import ray_scoring

    ray_scoring.start(workers=2, threads=1)
    yield ray
    ray.shutdown()


@pytest.mark.parametrize("killed", [False, True])
def test_ray_data(cluster, tiny_model, texts, tmp_path, killed):
    import ray_scoring

    flag = str(tmp_path / "killed")

    class MortalScorer(ray_scoring.Scorer):
        def __call__(self, batch):
            note_worker(tmp_path)
            if killed and batch["id"][0] > ROWS // 4:
                die_once(flag)
            return super().__call__(batch)

    model = str(tiny_model("classification"))
    output = tmp_path / "scored"
    ray_scoring.score(model, str(texts[1]), str(output), batch_size=250, order_by="id", scorer=MortalScorer)
    assert pathlib.Path(flag).exists() == killed
    assert len(list(tmp_path.glob("worker-*"))) >= 2 + killed
    check(texts[0], model, output)


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    pytest.importorskip("pandas")
    import spark_scoring

    session = spark_scoring.session(workers=2)
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "250")
    yield session
    session.stop()


@pytest.mark.parametrize("killed", [False, True])
def test_spark(spark, tiny_model, texts, tmp_path, killed):
    import spark_scoring

    flag = str(tmp_path / "killed")

    def mortal_scorer(model, column, threads):
        score = spark_scoring.scorer(model, column, threads)

        def score_frames(frames):
            note_worker(tmp_path)
            for scored in score(frames):
                if killed and scored["id"].iloc[0] > ROWS // 4:
                    die_once(flag)
                yield scored

        return score_frames

    model = str(tiny_model("classification"))
    output = tmp_path / "scored"
    spark_scoring.score(
        spark, model, str(texts[1]), str(output), order_by="id", make_scorer=mortal_scorer
    )
    assert pathlib.Path(flag).exists() == killed
    assert len(list(tmp_path.glob("worker-*"))) >= 2 + killed
    check(texts[0], model, output)
