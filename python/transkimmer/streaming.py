"""Many texts with bounded memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from transkimmer._core import Classification, Classifier

# Enough for batches of one length whatever the mixture; some MB of texts.
CHUNK = 2048


def classify_iter(
    classifier: Classifier,
    texts: Iterable[str | tuple[str, str]],
    *,
    chunk_size: int = CHUNK,
    progress: bool = False,
    max_length: int = 0,
    skim_threshold: float | None = None,
) -> Iterator[Classification]:
    """Classifies whatever `texts` yields, in order, holding `chunk_size` of them at a time.

    progress: shows a bar where tqdm is installed. Raises ValueError for a chunk_size below 1.
    """
    if chunk_size < 1:
        raise ValueError(f"chunk_size: {chunk_size}, expected 1 or more")
    source = iter(texts)
    bar = progress_bar(None) if progress else None
    try:
        while chunk := list(islice(source, chunk_size)):
            results = classifier.classify(chunk, max_length=max_length, skim_threshold=skim_threshold)
            for result in results:
                yield result
            if bar is not None:
                bar.update(len(chunk))
    finally:
        if bar is not None:
            bar.close()


def progress_bar(total: int | None) -> Any:
    """A bar of tqdm over so many texts, or None where tqdm is not installed."""
    try:
        from tqdm.auto import tqdm  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return None
    return tqdm(total=total, unit="texts")
