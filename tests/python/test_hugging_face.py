"""What Hugging Face's packages return for the same models, field by field. Skips where they are not installed."""

import warnings

import numpy as np
import pytest
import transkimmer
from texts import random_texts

TEXTS = ["a charming journey", "flat", "a flat movie, a charming movie", *random_texts(20, most_words=40)]


def assert_same(ours, theirs):
    """The same shape, keys and words; numbers agree as those of two sums in another order do."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key])
    elif isinstance(theirs, list):
        assert isinstance(ours, list) and len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    elif isinstance(theirs, float | np.floating):
        assert ours == pytest.approx(float(theirs), abs=2e-6, rel=1e-4)
    else:
        assert ours == theirs


@pytest.fixture
def pipelines(tiny_model):
    """pipelines(task, head, ...): ours, dense, and theirs of one model."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")
    transformers.utils.logging.set_verbosity_error()

    def make(task, head, **options):
        model = tiny_model(head)
        ours = transkimmer.pipeline(task, model=model, skimming=False, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = transformers.pipeline(task, model=str(model), device="cpu", **options)
        return ours, theirs

    return make


class TestTransformers:
    @pytest.mark.parametrize("head", ["classification", "multi-label-classification", "regression"])
    def test_text_classification(self, pipelines, head):
        ours, theirs = pipelines("text-classification", head)
        assert_same(ours(TEXTS), theirs(TEXTS))
        assert_same(ours(TEXTS[0]), theirs(TEXTS[0]))
        assert_same(ours(TEXTS, top_k=None), theirs(TEXTS, top_k=None))
        assert_same(ours(TEXTS[0], top_k=1), theirs(TEXTS[0], top_k=1))
        pair = {"text": "a movie", "text_pair": "a charming journey"}
        assert_same(ours(pair), theirs(pair))
        assert_same(ours([pair]), theirs([pair]))

    @pytest.mark.parametrize("top_k", [None, 1, 2])
    def test_top_k_of_the_pipeline(self, pipelines, top_k):
        ours, theirs = pipelines("text-classification", "classification", top_k=top_k)
        assert_same(ours(TEXTS), theirs(TEXTS))
        assert_same(ours(TEXTS[0]), theirs(TEXTS[0]))

    @pytest.mark.parametrize("function", ["sigmoid", "none"])
    def test_functions_of_one_number(self, pipelines, function):
        ours, theirs = pipelines("text-classification", "regression")
        assert_same(ours(TEXTS, function_to_apply=function), theirs(TEXTS, function_to_apply=function))

    @pytest.mark.parametrize("strategy", ["none", "simple", "first", "average", "max"])
    def test_token_classification(self, pipelines, strategy):
        ours, theirs = pipelines("token-classification", "token-classification", aggregation_strategy=strategy)
        assert_same(ours(TEXTS), theirs(TEXTS))
        assert_same(ours(TEXTS[2]), theirs(TEXTS[2]))

    def test_fill_mask(self, pipelines):
        ours, theirs = pipelines("fill-mask", "masked-language-modelling")
        texts = [f"{text} [MASK] a movie" for text in TEXTS]
        assert_same(ours(texts), theirs(texts))
        assert_same(ours(texts[:1]), theirs(texts[:1]))
        assert_same(ours(texts[0], top_k=3), theirs(texts[0], top_k=3))
        assert_same(ours("a [MASK] movie [MASK]"), theirs("a [MASK] movie [MASK]"))


class TestSentenceTransformers:
    def test_vectors(self, tiny_model):
        sentence_transformers = pytest.importorskip("sentence_transformers")
        model = tiny_model("sentence-embedding")
        theirs = sentence_transformers.SentenceTransformer(str(model), device="cpu")
        ours = transkimmer.Embedder.load(model, skimming=False)
        vectors = ours.encode(TEXTS)
        assert np.allclose(vectors, theirs.encode(TEXTS), atol=1e-5)
        assert np.allclose(ours.encode(TEXTS[0]), theirs.encode(TEXTS[0]), atol=1e-5)
        unit = ours.encode(TEXTS, normalize_embeddings=True, truncate_dim=8)
        assert np.allclose(unit, theirs.encode(TEXTS, normalize_embeddings=True, truncate_dim=8), atol=1e-5)
        assert np.allclose(ours.encode_query(TEXTS), theirs.encode_query(TEXTS), atol=1e-5)
        similarity = theirs.similarity(vectors, vectors[:3]).numpy()
        assert np.allclose(ours.similarity(vectors, vectors[:3]), similarity, atol=1e-6)

    @pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
    def test_bytes(self, tiny_model, precision):
        pytest.importorskip("sentence_transformers")
        from sentence_transformers.util import quantize_embeddings

        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"))
        expected = quantize_embeddings(embedder.encode(TEXTS), precision=precision)
        ours = embedder.encode(TEXTS, precision=precision)
        assert ours.dtype == expected.dtype and np.array_equal(ours, expected)

    def test_rankings(self, tiny_model):
        sentence_transformers = pytest.importorskip("sentence_transformers")
        model = tiny_model("reranking")
        theirs = sentence_transformers.CrossEncoder(str(model), device="cpu")
        ours = transkimmer.Reranker.load(model, skimming=False)
        pairs = [(TEXTS[0], text) for text in TEXTS]
        scores = ours.predict(pairs)
        assert np.allclose(scores, theirs.predict(pairs), atol=1e-5)
        assert ours.predict([list(pair) for pair in pairs]).tolist() == scores.tolist()
        assert ours.predict(pairs[0]) == pytest.approx(float(theirs.predict(pairs[0])), abs=1e-5)
        ranked = ours.rank(TEXTS[0], TEXTS, top_k=5, return_documents=True)
        expected = theirs.rank(TEXTS[0], TEXTS, top_k=5, return_documents=True)
        assert_same(ranked, expected)
