"""Transformer encoders that skim, on CPUs.

    import transkimmer
    classifier = transkimmer.Classifier.load("my-model", threads=2)
    print(classifier.classify("a charming journey").label)

Models are directories as Hugging Face lays them out; those that `transkimmer finetune` made skim.
"""

from transkimmer._core import (
    Answer,
    Classification,
    Classifier,
    Embedder,
    Entity,
    Error,
    FilledToken,
    FormatError,
    IoError,
    MaskFiller,
    Model,
    QuestionAnswerer,
    Reranker,
    SparseEmbedder,
    SparseVector,
    TaggedText,
    Token,
    TokenClassifier,
    UsageError,
)
from transkimmer.pipelines import pipeline
from transkimmer.streaming import classify_iter

__all__ = [
    "Answer",
    "Classification",
    "Classifier",
    "Embedder",
    "Entity",
    "Error",
    "FilledToken",
    "FormatError",
    "IoError",
    "MaskFiller",
    "Model",
    "QuestionAnswerer",
    "Reranker",
    "SparseEmbedder",
    "SparseVector",
    "TaggedText",
    "Token",
    "TokenClassifier",
    "UsageError",
    "classify_iter",
    "pipeline",
]
__version__ = "0.1.0"
