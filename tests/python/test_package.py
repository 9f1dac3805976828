"""What the package promises to a user of Python."""

import gc
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import transkimmer
from texts import TEXTS

# Sums of other batches are rounded otherwise.
ROUNDING = 1e-5


@pytest.fixture
def classifier(tiny_model):
    return transkimmer.Classifier.load(tiny_model("classification"), threads=2)


class TestClassifier:
    def test_a_text_gives_a_result_and_a_list_gives_a_list(self, classifier):
        one = classifier.classify("a charming journey")
        assert isinstance(one, transkimmer.Classification)
        assert [r.score for r in classifier.classify(["a charming journey"])] == [one.score]
        assert classifier.classify([]) == []

    def test_a_tuple_is_a_pair(self, classifier):
        one = classifier.classify(("a movie", "flat"), trace_tokens=True)
        assert [token.token for token in one.tokens if token.second] == ["flat"]

    def test_tokens_are_counted_in_characters(self, classifier):
        text = "😀 a movie"
        tokens = classifier.classify(text, trace_tokens=True).tokens
        assert [text[t.start : t.end] for t in tokens if t.token in ("a", "movie")] == ["a", "movie"]
        assert all(0 <= t.skimmed_at <= classifier.layers for t in tokens)

    def test_arrays_are_views_that_outlive_their_result(self, classifier):
        result = classifier.classify("flat")
        probabilities = result.probabilities
        assert probabilities.dtype == np.float32 and probabilities.shape == (2,)
        kept = probabilities.copy()
        del result
        gc.collect()
        assert np.array_equal(probabilities, kept) and abs(kept.sum() - 1) < 1e-6

    def test_thresholds_of_a_call_are_those_of_loading(self, classifier, tiny_model):
        other = transkimmer.Classifier.load(tiny_model("classification"), skim_threshold=0.5)
        for text in TEXTS:
            assert classifier.classify(text, skim_threshold=0.5).score == other.classify(text).score

    def test_streams_are_classified_in_order_with_bounded_memory(self, classifier):
        read = []

        def texts():
            for i in range(100):
                read.append(i)
                yield TEXTS[i % len(TEXTS)]

        stream = transkimmer.classify_iter(classifier, texts(), chunk_size=10)
        first = next(stream)
        assert len(read) == 10
        scores = [first.score, *(one.score for one in stream)]
        expected = [classifier.classify(TEXTS[i % len(TEXTS)]).score for i in range(100)]
        assert scores == pytest.approx(expected, abs=ROUNDING)


class TestErrors:
    @pytest.mark.parametrize("given", [3, None, [3], [("a",)], ("a", 3), ["a", ("b", "c", "d")]])
    def test_what_is_no_text_is_a_type_error(self, classifier, given):
        with pytest.raises(TypeError, match="expected a str|texts: str"):
            classifier.classify(given)

    def test_a_lone_surrogate_is_named_by_its_place(self, classifier):
        with pytest.raises(transkimmer.UsageError, match="text 1 cannot be spelt"):
            classifier.classify(["fine", "broken \ud800"])

    def test_errors_are_those_of_python(self, tiny_model, tmp_path):
        with pytest.raises(OSError, match="config.json") as missing:
            transkimmer.Classifier.load(tmp_path / "nothing")
        assert isinstance(missing.value, transkimmer.IoError)
        (tmp_path / "config.json").write_text("{")
        with pytest.raises(ValueError, match="config.json") as malformed:
            transkimmer.Classifier.load(tmp_path)
        assert isinstance(malformed.value, transkimmer.FormatError)
        with pytest.raises(transkimmer.UsageError, match="precision: 'f16'"):
            transkimmer.Classifier.load(tiny_model("classification"), precision="f16")
        with pytest.raises(transkimmer.UsageError):
            transkimmer.QuestionAnswerer.load(tiny_model("classification"))


    @pytest.mark.parametrize("name", ["no-one/no-such-model", "no-such-model"])
    def test_a_name_that_is_in_no_cache_is_refused_offline(self, name, tmp_path, monkeypatch):
        monkeypatch.setenv("HF_HOME", str(tmp_path))
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(transkimmer.IoError, match=name):
            transkimmer.Classifier.load(name)


class TestOtherHeads:
    def test_sets_of_labels_are_names(self, tiny_model):
        classifier = transkimmer.Classifier.load(tiny_model("multi-label-classification"))
        assert classifier.multi_label
        for text in TEXTS:
            one = classifier.classify(text)
            holding = [label for label, p in zip(classifier.labels, one.probabilities, strict=True) if p > 0.5]
            assert one.labels == one.to_dict()["labels"] == holding

    def test_scores_of_pairs_are_an_array(self, tiny_model):
        reranker = transkimmer.Reranker.load(tiny_model("reranking"))
        pairs = [("a movie", text) for text in TEXTS]
        scores = reranker.predict(pairs, batch_size=2, show_progress_bar=True)
        assert scores.shape == (len(pairs),) and scores.dtype == np.float32
        assert reranker.predict(pairs[1]) == pytest.approx(scores[1], abs=ROUNDING)
        assert reranker.predict([]).shape == (0,)
        for wrong in ["a movie", ["a movie"], [("a",)], [("a", "b", "c")], 3, [3]]:
            with pytest.raises(TypeError):
                reranker.predict(wrong)

    def test_documents_are_ranked_as_a_cross_encoder_ranks_them(self, tiny_model):
        reranker = transkimmer.Reranker.load(tiny_model("reranking"))
        scores = reranker.predict([("a movie", text) for text in TEXTS])
        ranked = reranker.rank("a movie", TEXTS, return_documents=True)
        assert [list(one) for one in ranked] == [["corpus_id", "score", "text"]] * len(TEXTS)
        assert [one["corpus_id"] for one in ranked] == sorted(range(len(TEXTS)), key=lambda i: -scores[i])
        assert all(one["text"] == TEXTS[one["corpus_id"]] for one in ranked)
        assert reranker.rank("a movie", TEXTS, 2) == [
            {"corpus_id": one["corpus_id"], "score": one["score"]} for one in ranked[:2]
        ]
        with pytest.raises(transkimmer.UsageError, match="top_k: 0"):
            reranker.rank("a movie", TEXTS, top_k=0)

    def test_masks_are_filled(self, tiny_model):
        filler = transkimmer.MaskFiller.load(tiny_model("masked-language-modelling"))
        (tokens,) = filler.fill(f"a {filler.mask_token} movie", top_k=3)
        assert len(tokens) == 3 and tokens[0].score >= tokens[1].score
        assert tokens[0].token_str in tokens[0].sequence
        assert [len(masks) for masks in filler.fill(["[MASK]", "[MASK] a [MASK]"])] == [1, 2]
        with pytest.raises(transkimmer.UsageError, match=r"has no \[MASK\]"):
            filler.fill("no such thing")

    def test_sparse_vectors_are_tokens_and_weights(self, tiny_model):
        embedder = transkimmer.SparseEmbedder.load(tiny_model("masked-language-modelling"))
        one = embedder.encode("a charming movie")
        assert len(one) == len(one.indices) == len(one.values) and one.indices.dtype == np.int32
        assert (one.values > 0).all() and (np.diff(one.values) <= 0).all()
        assert one.decode(top_k=2) == one.decode()[:2]
        assert len(embedder.encode(["a movie"], max_active_dims=3)[0]) == 3

    def test_vectors_may_be_bytes_or_bits(self, tiny_model):
        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"))
        assert embedder.encode(TEXTS, precision="int8").dtype == np.int8
        assert embedder.encode(TEXTS, precision="ubinary").shape == (len(TEXTS), embedder.dimension // 8)
        assert embedder.encode("a movie", precision="binary").shape == (embedder.dimension // 8,)
        with pytest.raises(transkimmer.UsageError, match="precision: 'int4' is none of"):
            embedder.encode(TEXTS, precision="int4")
        with pytest.raises(transkimmer.UsageError, match="one vector says nothing"):
            embedder.encode("a movie", precision="int8")

    def test_queries_and_documents_have_the_models_prompts(self, tiny_model, tmp_path):
        shutil.copytree(tiny_model("sentence-embedding"), tmp_path / "model")
        (tmp_path / "model" / "config_sentence_transformers.json").write_text(
            json.dumps({"prompts": {"query": "movie: ", "passage": "flat: "}, "similarity_fn_name": "dot"})
        )
        embedder = transkimmer.Embedder.load(tmp_path / "model")
        assert np.array_equal(embedder.encode_query("a"), embedder.encode("a", prompt_name="query"))
        assert np.array_equal(embedder.encode_query("a"), embedder.encode("movie: a"))
        assert np.array_equal(embedder.encode_document(["a"]), embedder.encode(["a"], prompt="flat: "))
        vectors = embedder.encode(TEXTS)
        assert np.allclose(embedder.similarity(vectors[0], vectors), vectors[:1] @ vectors.T)

    def test_vectors_are_rows_of_one_array(self, tiny_model):
        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"))
        vectors = embedder.encode(TEXTS[:3])
        assert vectors.shape == (3, embedder.dimension) and vectors.dtype == np.float32
        assert np.allclose(embedder.encode(TEXTS[1]), vectors[1], atol=ROUNDING)
        assert embedder.encode([]).shape == (0, embedder.dimension)
        lengths = np.linalg.norm(embedder.encode(TEXTS[:3], normalize_embeddings=True), axis=1)
        assert np.allclose(lengths, 1, atol=1e-6)
        assert embedder.encode(TEXTS[:3], truncate_dim=8).shape == (3, 8)
        with pytest.raises(transkimmer.UsageError, match="prompt_name: 'query' is none"):
            embedder.encode("x", prompt_name="query")

    def test_answers_are_passages_in_characters(self, tiny_model):
        answerer = transkimmer.QuestionAnswerer.load(tiny_model("question-answering"))
        context = "é a charming movie, a flat journey"
        one = answerer.answer("a movie", context, allow_no_answer=False)
        assert one.answer == context[one.start : one.end] != ""
        both = answerer.answer(["a movie", "flat"], [context, context], allow_no_answer=False)
        assert both[0].to_dict() == {**one.to_dict(), "score": pytest.approx(one.score, abs=ROUNDING)}

    def test_entities_are_passages_in_characters(self, tiny_model):
        tagger = transkimmer.TokenClassifier.load(tiny_model("token-classification"))
        text = "é a charming movie, a flat journey"
        tagged = tagger.tag(text, aggregation_strategy="none")
        assert tagged.entities and len(tagged.labels) == len(tagged.tokens)
        for entity in tagged.entities:
            assert entity.word == text[entity.start : entity.end]


class TestPipeline:
    def test_classification_is_a_list_of_labels_and_scores(self, tiny_model, classifier):
        pipe = transkimmer.pipeline("text-classification", model=tiny_model("classification"))
        expected = classifier.classify("a movie")
        assert pipe("a movie") == [{"label": expected.label, "score": pytest.approx(expected.score)}]
        assert pipe(["a movie"]) == pipe("a movie")
        ranked = pipe("a movie", top_k=None)
        assert [one["label"] for one in ranked][0] == expected.label and len(ranked) == 2
        pair = classifier.classify(("a", "b"))
        assert pipe({"text": "a", "text_pair": "b"}) == {"label": pair.label, "score": pytest.approx(pair.score)}

    @pytest.mark.parametrize("head", ["token-classification", "question-answering"])
    def test_the_task_is_the_models_own(self, tiny_model, head):
        assert transkimmer.pipeline(model=tiny_model(head)).task == head

    def test_answers_have_the_fields_of_the_pipeline(self, tiny_model):
        pipe = transkimmer.pipeline("question-answering", model=tiny_model("question-answering"))
        one = pipe(question="a movie", context="a flat journey")
        assert set(one) == {"score", "start", "end", "answer"}

    def test_a_task_that_is_unknown_is_refused(self, tiny_model):
        with pytest.raises(transkimmer.UsageError, match="task: 'summarization' is none of"):
            transkimmer.pipeline("summarization", model=tiny_model("classification"))


def test_the_program_is_in_the_package():
    run = subprocess.run([sys.executable, "-m", "transkimmer", "--version"], capture_output=True, check=True)
    assert run.stdout.split()[-1].decode() == transkimmer.__version__
