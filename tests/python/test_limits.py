"""Threads, signals, memory, and texts of any kind."""

import gc
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import transkimmer
from texts import TEXTS


@pytest.fixture(scope="module")
def classifier(tiny_model):
    return transkimmer.Classifier.load(tiny_model("classification"), threads=2)


class TestThreads:
    def test_threads_call_one_model_at_once(self, classifier):
        expected = [one.score for one in classifier.classify(TEXTS)]
        found = []

        def run():
            for _ in range(20):
                found.append([one.score for one in classifier.classify(TEXTS)])

        workers = [threading.Thread(target=run) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert found == [expected] * 80

    def test_others_run_while_a_model_computes(self, classifier):
        """With the interpreter's lock held they would get a turn at the two ends of the call alone."""
        worker = threading.Thread(target=classifier.classify, args=(["a charming movie " * 10] * 20000,))
        worker.start()
        turns = 0
        while worker.is_alive():
            turns += 1
            time.sleep(0.001)
        assert turns > 20

    def test_ctrl_c_ends_a_long_call(self, classifier):
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            while time.monotonic() < began + 30:
                classifier.classify(["a charming movie"] * 20000)

    def test_ctrl_c_ends_a_call_of_many_questions(self, tiny_model):
        answerer = transkimmer.QuestionAnswerer.load(tiny_model("question-answering"))
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            while time.monotonic() < began + 30:
                answerer.answer(["a movie"] * 20000, ["a charming journey"] * 20000)


class TestPickling:
    def test_sends_what_load_was_told(self, tiny_model):
        one = transkimmer.Classifier.load(tiny_model("classification"), threads=1, skim_threshold=0.25)
        data = pickle.dumps(one)
        assert len(data) < 1000
        assert pickle.loads(data).classify("a movie").score == one.classify("a movie").score

    @pytest.mark.parametrize(
        ("kind", "head"),
        [
            ("Model", "classification"),
            ("Embedder", "sentence-embedding"),
            ("Reranker", "reranking"),
            ("TokenClassifier", "token-classification"),
            ("QuestionAnswerer", "question-answering"),
            ("MaskFiller", "masked-language-modelling"),
            ("SparseEmbedder", "masked-language-modelling"),
        ],
    )
    def test_of_every_class(self, tiny_model, kind, head):
        one = getattr(transkimmer, kind).load(tiny_model(head), threads=1)
        again = pickle.loads(pickle.dumps(one))
        assert type(again) is type(one) and repr(again) == repr(one) and again.threads == 1

    def test_a_process_in_another_folder_finds_the_model(self, tiny_model, tmp_path, monkeypatch):
        directory = tiny_model("classification")
        monkeypatch.chdir(directory.parent)
        one = transkimmer.Classifier.load(directory.name)
        run = subprocess.run(
            [sys.executable, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer).classify('flat').score)"],
            input=pickle.dumps(one),
            capture_output=True,
            check=True,
            cwd=tmp_path,
        )
        assert float(run.stdout) == one.classify("flat").score


class TestMemory:
    @staticmethod
    def resident():
        gc.collect()
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def grown_by(self, calls, call):
        """Bytes that so many calls add, once the allocators have settled."""
        for _ in range(2000):
            call()
        before = self.resident()
        for _ in range(calls):
            call()
        return self.resident() - before

    @pytest.mark.parametrize("calls", [10000, pytest.param(100000, marks=pytest.mark.slow)])
    def test_calls_do_not_leak(self, classifier, calls):
        def call():
            result = classifier.classify("a movie", trace_tokens=True)
            result.probabilities, result.tokens, result._repr_html_()

        assert self.grown_by(calls, call) < 4 << 20

    @pytest.mark.parametrize("calls", [5000, pytest.param(100000, marks=pytest.mark.slow)])
    def test_errors_do_not_leak(self, classifier, calls):
        def call():
            for wrong in ("\ud800", 3, ["a", ("b",)]):
                try:
                    classifier.classify(wrong)
                except (TypeError, transkimmer.UsageError):
                    pass

        assert self.grown_by(calls, call) < 4 << 20

    @pytest.mark.parametrize("calls", [5000, pytest.param(100000, marks=pytest.mark.slow)])
    def test_arrays_do_not_leak(self, tiny_model, calls):
        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"), threads=1)
        assert self.grown_by(calls, lambda: embedder.encode(["a movie", "flat"])) < 4 << 20


class TestAnyText:
    def test_is_classified_or_refused(self, classifier):
        @hypothesis.given(st.text())
        @hypothesis.settings(max_examples=300, deadline=None)
        def classify(text):
            try:
                result = classifier.classify(text, trace_tokens=True)
            except transkimmer.UsageError:
                assert any(0xD800 <= ord(c) <= 0xDFFF for c in text)
            else:
                assert 0 <= result.score <= 1
                assert all(0 <= t.start <= t.end <= len(text) for t in result.tokens)

        classify()

    def test_has_a_vector_whatever_stands_beside_it(self, tiny_model):
        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"), threads=1)

        @hypothesis.given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
        @hypothesis.settings(max_examples=100, deadline=None)
        def encode(texts):
            vectors = embedder.encode(texts)
            assert vectors.shape == (len(texts), embedder.dimension)
            for text, vector in zip(texts, vectors, strict=True):
                assert np.allclose(embedder.encode(text), vector, atol=1e-5)

        encode()

    def test_is_tagged_in_characters(self, tiny_model):
        tagger = transkimmer.TokenClassifier.load(tiny_model("token-classification"), threads=1)

        @hypothesis.given(st.text(st.characters(exclude_categories=["Cs"])))
        @hypothesis.settings(max_examples=100, deadline=None)
        def tag(text):
            for entity in tagger.tag(text).entities:
                assert entity.word == text[entity.start : entity.end]

        tag()
