"""Uses the package as a typed program does; mypy --strict checks it against the stubs that the package carries."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import transkimmer


def labels(model: str, texts: list[str]) -> list[str]:
    classifier = transkimmer.Classifier.load(model, threads=2, skim_threshold=0.5)
    results: list[transkimmer.Classification] = classifier.classify(texts)
    return [result.label for result in results]


def best_passage(model: str, question: str, context: str) -> str:
    answerer = transkimmer.QuestionAnswerer.load(model)
    answer: transkimmer.Answer = answerer.answer(question, context)
    return answer.answer


def vectors(model: str, texts: list[str]) -> npt.NDArray[np.float32]:
    return transkimmer.Embedder.load(model).encode(texts, normalize_embeddings=True)


def stream(classifier: transkimmer.Classifier, texts: Iterator[str]) -> Iterator[float]:
    for result in transkimmer.classify_iter(classifier, texts):
        yield result.score
