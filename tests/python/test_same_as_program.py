"""Results are those of the command-line program to the bit: 1,000 texts in the same passes, every precision and head."""

import numpy as np
import pytest
import transkimmer
from texts import program_results, random_texts

TEXTS = random_texts(1000)
LINES = [{"text": text} for text in TEXTS]
PAIRS = list(zip(TEXTS, reversed(TEXTS), strict=True))
PAIR_LINES = [{"text": text, "text_pair": pair} for text, pair in PAIRS]

pytestmark = [
    pytest.mark.parametrize("precision", ["f32", "bf16", "int8"]),
    # Of a machine that has no instructions for a precision, which falls back in both.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def options_of(precision):
    return ("--threads", "2", "--precision", precision)


def same_bits(ours, theirs):
    return np.array_equal(np.asarray(ours, np.float32), np.asarray(theirs, np.float32))


@pytest.mark.parametrize("skimming", [True, False])
def test_classes_and_where_tokens_left(tiny_model, precision, skimming):
    model = tiny_model("classification")
    classifier = transkimmer.Classifier.load(model, threads=2, precision=precision, skimming=skimming)
    ours = classifier.classify(TEXTS, trace_tokens=True)
    dense = () if skimming else ("--dense",)
    theirs = program_results(model, LINES, *options_of(precision), *dense)
    assert [one.label for one in ours] == [one["label"] for one in theirs]
    assert same_bits([one.probabilities for one in ours], [one["probabilities"] for one in theirs])
    assert same_bits([one.kept_fraction for one in ours], [one["kept_fraction"] for one in theirs])
    layers = classifier.layers
    assert [[t.skimmed_at for t in one.tokens] for one in ours] == [
        [layers if t["skimmed_at"] is None else t["skimmed_at"] for t in one["tokens"]] for one in theirs
    ]


def test_sets_of_labels(tiny_model, precision):
    model = tiny_model("multi-label-classification")
    classifier = transkimmer.Classifier.load(model, threads=2, precision=precision)
    ours = classifier.classify(TEXTS)
    theirs = program_results(model, LINES, *options_of(precision))
    assert [one.labels for one in ours] == [one["labels"] for one in theirs]
    expected = [[one["scores"][label] for label in classifier.labels] for one in theirs]
    assert same_bits([one.probabilities for one in ours], expected)


def test_vectors(tiny_model, precision):
    model = tiny_model("sentence-embedding")
    ours = transkimmer.Embedder.load(model, threads=2, precision=precision).encode(TEXTS)
    theirs = program_results(model, LINES, *options_of(precision))
    assert same_bits(ours, [one["embedding"] for one in theirs])


def test_vectors_as_bytes(tiny_model, precision):
    model = tiny_model("sentence-embedding")
    embedder = transkimmer.Embedder.load(model, threads=2, precision=precision)
    for kind, dtype in (("int8", np.int8), ("uint8", np.uint8), ("binary", np.int8), ("ubinary", np.uint8)):
        ours = embedder.encode(TEXTS, precision=kind)
        theirs = program_results(model, LINES, *options_of(precision), "--embedding-precision", kind)
        assert ours.dtype == dtype
        assert np.array_equal(ours, [one["embedding"] for one in theirs])


def test_scores_of_pairs(tiny_model, precision):
    model = tiny_model("reranking")
    ours = transkimmer.Reranker.load(model, threads=2, precision=precision).predict(PAIRS)
    theirs = program_results(model, PAIR_LINES, *options_of(precision))
    assert same_bits(ours, [one["score"] for one in theirs])


def test_tags(tiny_model, precision):
    model = tiny_model("token-classification")
    ours = transkimmer.TokenClassifier.load(model, threads=2, precision=precision).tag(TEXTS)
    theirs = program_results(model, LINES, *options_of(precision))
    assert [[one.to_dict() for one in text.entities] for text in ours] == [
        [{**one, "score": np.float32(one["score"])} for one in text["entities"]] for text in theirs
    ]


def test_masks(tiny_model, precision):
    model = tiny_model("masked-language-modelling")
    filler = transkimmer.MaskFiller.load(model, threads=2, precision=precision)
    texts = [f"{text} {filler.mask_token}" for text in random_texts(1000, most_words=10)]
    ours = filler.fill(texts)
    theirs = program_results(model, [{"text": text} for text in texts], *options_of(precision))
    assert [[one.to_dict() for one in masks[0]] for masks in ours] == [
        [{**one, "score": np.float32(one["score"])} for one in text["fill"]] for text in theirs
    ]


def test_sparse_vectors(tiny_model, precision):
    model = tiny_model("masked-language-modelling")
    ours = transkimmer.SparseEmbedder.load(model, threads=2, precision=precision).encode(TEXTS[:100])
    theirs = program_results(model, LINES[:100], *options_of(precision), "--sparse")
    assert [list(one.indices) for one in ours] == [[v["index"] for v in one["sparse"]] for one in theirs]
    for one, expected in zip(ours, theirs, strict=True):
        assert same_bits(one.values, [value["value"] for value in expected["sparse"]])


def test_answers(tiny_model, precision):
    model = tiny_model("question-answering")
    asked = [(f"{a} ?", b) for a, b in PAIRS[:64]]
    answerer = transkimmer.QuestionAnswerer.load(model, threads=2, precision=precision)
    ours = answerer.answer([question for question, _ in asked], [context for _, context in asked])
    lines = [{"question": question, "context": context} for question, context in asked]
    theirs = program_results(model, lines, *options_of(precision))
    assert [one.answer for one in ours] == [one["answer"] for one in theirs]
    assert same_bits([one.score for one in ours], [one["score"] for one in theirs])
