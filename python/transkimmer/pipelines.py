"""Hugging Face's pipelines, answered by models that skim: change one import."""

import os
from typing import Any

from transkimmer._core import Classifier, Embedder, Model, QuestionAnswerer, TokenClassifier, UsageError

Result = Any


class Pipeline:
    """What `pipeline` makes: called with texts, it returns what Hugging Face's pipeline of its task returns."""

    def __init__(self, task: str, model: Model) -> None:
        self.task = task
        self.model = model

    def __call__(self, inputs: Any, **options: Any) -> Result:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"transkimmer.pipeline({self.task!r}, model={self.model!r})"


def _texts(inputs: Any) -> tuple[list[str | tuple[str, str]], bool]:
    """A pipeline's inputs as ours, and whether one was given."""
    single = isinstance(inputs, str | dict)
    texts: list[str | tuple[str, str]] = []
    for one in [inputs] if single else list(inputs):
        if isinstance(one, dict):
            pair = one.get("text_pair")
            texts.append((one["text"], pair) if pair is not None else one["text"])
        else:
            texts.append(one)
    return texts, single


class TextClassificationPipeline(Pipeline):
    """text-classification: [{"label", "score"}]; with top_k a list of so many for each text, best first."""

    def __init__(self, task: str, model: Model) -> None:
        super().__init__(task, model)
        self._classifier = Classifier(model)

    def __call__(self, inputs: Any, *, top_k: int | None = 1, **options: Any) -> Result:
        plain = "top_k" not in options and top_k == 1
        texts, single = _texts(inputs)
        results = self._classifier.classify(texts, **options)
        if plain:
            return [{"label": one.label or self._only_label(), "score": float(one.score)} for one in results]
        ranked = [self._ranked(one, top_k) for one in results]
        return ranked[0] if single else ranked

    def _only_label(self) -> str:
        return self._classifier.labels[0]

    def _ranked(self, one: Any, top_k: int | None) -> list[dict[str, Any]]:
        if len(one.probabilities) == 0:
            return [{"label": self._only_label(), "score": float(one.score)}]
        order = sorted(range(len(one.probabilities)), key=lambda i: -one.probabilities[i])
        return [
            {"label": self._classifier.labels[i], "score": float(one.probabilities[i])} for i in order[:top_k]
        ]


class TokenClassificationPipeline(Pipeline):
    """token-classification: [{"entity_group", "score", "word", "start", "end"}] for each text."""

    def __init__(self, task: str, model: Model) -> None:
        super().__init__(task, model)
        self._tagger = TokenClassifier(model)

    def __call__(self, inputs: Any, *, aggregation_strategy: str = "none", **options: Any) -> Result:
        texts, single = _texts(inputs)
        tagged = self._tagger.tag(texts, aggregation_strategy=aggregation_strategy, **options)
        results = [[self._entity(one, aggregation_strategy) for one in text.entities] for text in tagged]
        return results[0] if single else results

    @staticmethod
    def _entity(one: Any, aggregation_strategy: str) -> dict[str, Any]:
        if aggregation_strategy != "none":
            return dict(one.to_dict())
        return {
            "entity": one.entity_group,
            "score": one.score,
            "index": one.index,
            "word": one.word,
            "start": one.start,
            "end": one.end,
        }


class QuestionAnsweringPipeline(Pipeline):
    """question-answering: {"score", "start", "end", "answer"}."""

    def __init__(self, task: str, model: Model) -> None:
        super().__init__(task, model)
        self._answerer = QuestionAnswerer(model)

    def __call__(
        self,
        inputs: Any = None,
        *,
        question: Any = None,
        context: Any = None,
        handle_impossible_answer: bool = False,
        max_answer_len: int = 15,
        **options: Any,
    ) -> Result:
        if inputs is not None:
            asked = [inputs] if isinstance(inputs, dict) else list(inputs)
            question = [one["question"] for one in asked]
            context = [one["context"] for one in asked]
            single = isinstance(inputs, dict)
        else:
            single = isinstance(question, str)
            question = [question] if single else list(question)
            context = [context] * len(question) if isinstance(context, str) else list(context)
        answers = self._answerer.answer(
            question,
            context,
            allow_no_answer=handle_impossible_answer,
            max_answer_length=max_answer_len,
            **options,
        )
        results = [one.to_dict() for one in answers]
        return results[0] if single else results


class FeatureExtractionPipeline(Pipeline):
    """feature-extraction of a model with a pooling: [texts, dimension] float32."""

    def __init__(self, task: str, model: Model) -> None:
        super().__init__(task, model)
        self._embedder = Embedder(model)

    def __call__(self, inputs: Any, **options: Any) -> Result:
        return self._embedder.encode(inputs, **options)


_TASKS: dict[str, type[Pipeline]] = {
    "text-classification": TextClassificationPipeline,
    "token-classification": TokenClassificationPipeline,
    "question-answering": QuestionAnsweringPipeline,
    "feature-extraction": FeatureExtractionPipeline,
}
_OTHER_NAMES = {"sentiment-analysis": "text-classification", "ner": "token-classification"}


def pipeline(
    task: str | None = None,
    model: str | os.PathLike[str] | Model | None = None,
    **options: Any,
) -> Pipeline:
    """A pipeline for `task` (None: what the model is for), of a directory or of a Model.

    options are those of Model.load. Raises UsageError for a task that is unknown or is not the model's.
    """
    if model is None:
        raise UsageError("pipeline: model: expected a directory or a Model")
    loaded = model if isinstance(model, Model) else Model.load(model, **options)
    wanted = _OTHER_NAMES.get(task, task) if task is not None else loaded.task
    if wanted not in _TASKS:
        raise UsageError(f"pipeline: task: {task!r} is none of {', '.join([*_TASKS, *_OTHER_NAMES])}")
    return _TASKS[wanted](wanted, loaded)
