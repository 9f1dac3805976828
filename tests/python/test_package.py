"""What the package promises to a user of Python."""

import gc
import json
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import transkimmer

TEXTS = ["a charming journey", "flat", "a flat movie, a charming movie", "", "movie " * 90, "a\0b", "Ünïcode 😀 x"]
PROGRAM = pathlib.Path(transkimmer.__file__).parent / "bin" / "transkimmer"


@pytest.fixture
def classifier(tiny_model):
    return transkimmer.Classifier.load(tiny_model("classification"), threads=2)


def program_results(model, lines, *options):
    """What the command-line program prints for JSON lines."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    run = subprocess.run(
        [PROGRAM, "predict", "--model", model, "--json", "--input-format", "json", *options],
        input=text.encode(), capture_output=True, check=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


class TestClassifier:
    def test_results_are_those_of_the_program_to_the_bit(self, classifier, tiny_model):
        rng = np.random.default_rng(1)
        words = ["a", "charming", "journey", "flat", "movie", "x", "12", ",", "zz"]
        texts = [" ".join(rng.choice(words, rng.integers(1, 80))) for _ in range(1000)]
        ours = classifier.classify(texts)
        theirs = program_results(tiny_model("classification"), [{"text": text} for text in texts], "--threads", "2")
        assert [one.label for one in ours] == [one["label"] for one in theirs]
        assert [np.float32(one.score) for one in ours] == [np.float32(one["score"]) for one in theirs]

    def test_a_text_gives_a_result_and_a_list_gives_a_list(self, classifier):
        one = classifier.classify("a charming journey")
        assert isinstance(one, transkimmer.Classification)
        assert [r.score for r in classifier.classify(["a charming journey"])] == [one.score]
        assert classifier.classify([]) == []

    def test_a_tuple_is_a_pair(self, classifier):
        one = classifier.classify(("a movie", "flat"), trace_tokens=True)
        assert [token.token for token in one.tokens if token.second] == ["flat", "[SEP]"]

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

    def test_pickling_sends_what_load_was_told(self, tiny_model):
        one = transkimmer.Classifier.load(tiny_model("classification"), threads=1, skim_threshold=0.25)
        data = pickle.dumps(one)
        assert len(data) < 1000
        assert pickle.loads(data).classify("a movie").score == one.classify("a movie").score

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
        assert scores == [classifier.classify(TEXTS[i % len(TEXTS)]).score for i in range(100)]

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

    def test_ctrl_c_ends_a_long_call(self, classifier):
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
        timer.start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            while time.monotonic() < began + 30:
                classifier.classify(["a charming movie"] * 20000)

    def test_calls_do_not_leak(self, classifier):
        def resident():
            return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096

        def run(calls):
            for _ in range(calls):
                classifier.classify("a movie", trace_tokens=True).probabilities

        run(2000)
        before = resident()
        run(10000)
        assert resident() - before < 4 << 20


class TestErrors:
    @pytest.mark.parametrize("given", [3, None, [3], [("a",)], ("a", 3), ["a", ("b", "c", "d")]])
    def test_what_is_no_text_is_a_type_error(self, classifier, given):
        with pytest.raises(TypeError, match="expected a str"):
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


class TestOtherHeads:
    def test_vectors_are_rows_of_one_array(self, tiny_model):
        embedder = transkimmer.Embedder.load(tiny_model("sentence-embedding"))
        vectors = embedder.encode(TEXTS[:3])
        assert vectors.shape == (3, embedder.dimension) and vectors.dtype == np.float32
        assert np.array_equal(embedder.encode(TEXTS[1]), vectors[1])
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
        assert both[0].to_dict() == one.to_dict()

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
        assert pipe("a movie") == [{"label": expected.label, "score": expected.score}]
        assert pipe(["a movie"]) == pipe("a movie")
        ranked = pipe("a movie", top_k=None)
        assert [one["label"] for one in ranked][0] == expected.label and len(ranked) == 2
        assert pipe({"text": "a", "text_pair": "b"}) == [
            {"label": r.label, "score": r.score} for r in [classifier.classify(("a", "b"))]
        ]

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


def test_any_text_is_classified_or_refused(classifier):
    hypothesis = pytest.importorskip("hypothesis")

    @hypothesis.given(hypothesis.strategies.text())
    @hypothesis.settings(max_examples=200, deadline=None)
    def classify(text):
        try:
            assert 0 <= classifier.classify(text).score <= 1
        except transkimmer.UsageError:
            assert any(0xD800 <= ord(c) <= 0xDFFF for c in text)

    classify()
