"""Uses the package as a typed program does; mypy --strict checks it against the stubs that the package carries."""

from collections.abc import Iterator
from typing import assert_type

import numpy as np
import numpy.typing as npt
import transkimmer


def labels(model: str, texts: list[str]) -> list[str]:
    classifier = transkimmer.Classifier.load(model, threads=2, skim_threshold=0.5)
    results: list[transkimmer.Classification] = classifier.classify(texts)
    return [result.label for result in results]


def pair(classifier: transkimmer.Classifier) -> float:
    one: transkimmer.Classification = classifier.classify(("a premise", "a hypothesis"), trace_tokens=True)
    skimmed: list[int] = [token.skimmed_at for token in one.tokens]
    return one.score + len(skimmed)


def best_passage(model: str, question: str, context: str) -> str:
    answerer = transkimmer.QuestionAnswerer.load(model)
    answer: transkimmer.Answer = answerer.answer(question, context)
    many: list[transkimmer.Answer] = answerer.answer([question], [context])
    return answer.answer or many[0].answer


def vectors(model: str, texts: list[str]) -> npt.NDArray[np.float32]:
    embedder = transkimmer.Embedder.load(model)
    small: npt.NDArray[np.int8] | npt.NDArray[np.uint8] = embedder.encode(texts, precision="int8")
    assert len(small) == len(texts)
    query: npt.NDArray[np.float32] = embedder.encode_query(texts[0], normalize_embeddings=True)
    return embedder.similarity(query, embedder.encode_document(texts))


def ranking(model: str, query: str, documents: list[str]) -> list[int]:
    reranker = transkimmer.Reranker.load(model)
    scores: npt.NDArray[np.float32] = reranker.predict([(query, document) for document in documents])
    assert_type(reranker.predict((query, documents[0])), float)
    assert len(scores) == len(documents)
    return [found["corpus_id"] for found in reranker.rank(query, documents, top_k=3)]


def entities(model: str, text: str) -> list[str]:
    tagged: transkimmer.TaggedText = transkimmer.TokenClassifier.load(model).tag(text)
    return [entity.entity_group for entity in tagged.entities]


def words(model: str, text: str) -> list[tuple[str, float]]:
    filled: list[transkimmer.FilledToken] = transkimmer.MaskFiller.load(model).fill(text)[0]
    vector: transkimmer.SparseVector = transkimmer.SparseEmbedder.load(model).encode(text)
    return [(token.token_str, token.score) for token in filled] + vector.decode(top_k=3)


def stream(classifier: transkimmer.Classifier, texts: Iterator[str]) -> Iterator[float]:
    for result in transkimmer.classify_iter(classifier, texts):
        yield result.score
