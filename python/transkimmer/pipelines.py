"""Hugging Face's pipelines, answered by models that skim: change one import."""

import json
import math
import os
import pathlib
from collections.abc import Iterable
from typing import Any

from transkimmer._core import (
    Classification,
    Classifier,
    Embedder,
    Entity,
    MaskFiller,
    Model,
    QuestionAnswerer,
    TokenClassifier,
    UsageError,
)

Result = Any
_UNSET: Any = object()


class Pipeline:
    """What `pipeline` makes: called with texts, it returns what Hugging Face's pipeline of its task returns."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        self.task = task
        self.model = model
        self._defaults = defaults

    def __call__(self, inputs: Any, **options: Any) -> Result:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"transkimmer.pipeline({self.task!r}, model={self.model!r})"

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Those of the call before those of the pipeline. What says how others make batches is nothing here."""
        merged = {**self._defaults, **options}
        for name in ("batch_size", "num_workers", "truncation", "padding"):
            merged.pop(name, None)
        return merged


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


def _problem_type(model: Model) -> str | None:
    config = json.loads((pathlib.Path(model.directory) / "config.json").read_text("utf-8"))
    found = config.get("problem_type")
    return found if isinstance(found, str) else None


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


class TextClassificationPipeline(Pipeline):
    """text-classification: {"label", "score"} of each text, best first with top_k (None: of all labels)."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        super().__init__(task, model, **defaults)
        self._classifier = Classifier(model)
        self._is_number = _problem_type(model) == "regression"

    def __call__(
        self, inputs: Any, *, top_k: int | None = _UNSET, function_to_apply: str | None = None, **options: Any
    ) -> Result:
        options = self._options(options)
        wanted = options.pop("top_k", _UNSET) if top_k is _UNSET else top_k
        function = function_to_apply or options.pop("function_to_apply", None)
        texts, single = _texts(inputs)
        ranked = [self._ranked(one, function) for one in self._classifier.classify(texts, **options)]
        if wanted is _UNSET:
            best = [one[0] for one in ranked]
            return best[0] if isinstance(inputs, dict) else best
        ranked = [one[:wanted] for one in ranked]
        if not single:
            return ranked
        # As Hugging Face's: a text that is asked for its one best label with top_k of the pipeline's making
        # is answered with a list in a list.
        return [ranked[0]] if isinstance(inputs, str) and top_k is _UNSET else ranked[0]

    def _ranked(self, one: Classification, function: str | None) -> list[dict[str, Any]]:
        labels = self._classifier.labels
        if len(one.probabilities) == 0:
            return [{"label": labels[0], "score": self._number(float(one.score), function)}]
        own = "sigmoid" if self._classifier.multi_label else "softmax"
        if function not in (None, own):
            raise UsageError(f"function_to_apply: {function!r}: scores of this model are of {own} alone")
        scores = [float(score) for score in one.probabilities]
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        return [{"label": labels[i], "score": scores[i]} for i in order]

    def _number(self, value: float, function: str | None) -> float:
        """What the one number of a model with one label becomes."""
        if function not in (None, "sigmoid", "softmax", "none"):
            raise UsageError(f"function_to_apply: {function!r} is none of sigmoid, softmax, none")
        if function == "softmax":
            return 1.0
        if function == "none" or (function is None and self._is_number):
            return value
        return _sigmoid(value)


class TokenClassificationPipeline(Pipeline):
    """token-classification: [{"entity_group", "score", "word", "start", "end"}] of each text."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        super().__init__(task, model, **defaults)
        self._tagger = TokenClassifier(model)

    def __call__(self, inputs: Any, **options: Any) -> Result:
        options = self._options(options)
        strategy = options.pop("aggregation_strategy", "none")
        texts, single = _texts(inputs)
        tagged = self._tagger.tag(texts, aggregation_strategy=strategy, **options)
        results = [[self._entity(one, strategy) for one in text.entities] for text in tagged]
        return results[0] if single else results

    @staticmethod
    def _entity(one: Entity, strategy: str) -> dict[str, Any]:
        kind = {"entity" if strategy == "none" else "entity_group": one.entity_group, "score": one.score}
        if strategy == "none":
            kind["index"] = one.index
        return {**kind, "word": one.token, "start": one.start, "end": one.end}


class QuestionAnsweringPipeline(Pipeline):
    """question-answering: {"score", "start", "end", "answer"}."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        super().__init__(task, model, **defaults)
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
            **self._options(options),
        )
        results = [one.to_dict() for one in answers]
        return results[0] if single else results


class FillMaskPipeline(Pipeline):
    """fill-mask: [{"score", "token", "token_str", "sequence"}] of each text; of several masks one for each."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        super().__init__(task, model, **defaults)
        self._filler = MaskFiller(model)

    def __call__(self, inputs: Any, **options: Any) -> Result:
        single = isinstance(inputs, str)
        filled = self._filler.fill([inputs] if single else list(inputs), **self._options(options))
        results = [self._text([[one.to_dict() for one in mask] for mask in masks]) for masks in filled]
        return results[0] if len(results) == 1 else results

    @staticmethod
    def _text(masks: list[list[dict[str, Any]]]) -> Result:
        return masks[0] if len(masks) == 1 else masks


class FeatureExtractionPipeline(Pipeline):
    """feature-extraction of a model with a pooling: [texts, dimension] float32, one vector for each text."""

    def __init__(self, task: str, model: Model, **defaults: Any) -> None:
        super().__init__(task, model, **defaults)
        self._embedder = Embedder(model)

    def __call__(self, inputs: str | Iterable[str], **options: Any) -> Result:
        texts = inputs if isinstance(inputs, str) else list(inputs)
        return self._embedder.encode(texts, **self._options(options))


_TASKS: dict[str, type[Pipeline]] = {
    "text-classification": TextClassificationPipeline,
    "token-classification": TokenClassificationPipeline,
    "question-answering": QuestionAnsweringPipeline,
    "fill-mask": FillMaskPipeline,
    "feature-extraction": FeatureExtractionPipeline,
}
_OTHER_NAMES = {"sentiment-analysis": "text-classification", "ner": "token-classification"}
_OF_LOADING = ("threads", "precision", "skim_threshold", "skimming", "split_special_tokens")


def pipeline(
    task: str | None = None,
    model: str | os.PathLike[str] | Model | None = None,
    **options: Any,
) -> Pipeline:
    """A pipeline for `task` (None: what the model is for), of a directory, of a name of the Hub, or of a Model.

    options: those of Model.load, and those of calls (top_k, aggregation_strategy, ...), which calls may give
    otherwise. Raises UsageError for a task that is unknown or is not the model's.
    """
    if model is None:
        raise UsageError("pipeline: model: expected a directory, a name or a Model")
    if task is not None and _OTHER_NAMES.get(task, task) not in _TASKS:
        raise UsageError(f"pipeline: task: {task!r} is none of {', '.join([*_TASKS, *_OTHER_NAMES])}")
    loading = {name: options.pop(name) for name in _OF_LOADING if name in options}
    loaded = model if isinstance(model, Model) else Model.load(model, **loading)
    wanted = _OTHER_NAMES.get(task, task) if task is not None else loaded.task
    if wanted not in _TASKS:
        raise UsageError(f"pipeline: there is none for {loaded.task} models: see transkimmer.Reranker")
    return _TASKS[wanted](wanted, loaded, **options)
