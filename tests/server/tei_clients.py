#!/usr/bin/env python3
"""Asks a server as other people's clients do: huggingface_hub, openai and LangChain, against tiny models.

    tests/server/tei_clients.py [--programs build/release/bin] [--data tests/data/golden]

Clients that are not installed are skipped, visibly; scripts/install-serve-clients installs them below build/. Exits with
1 when an answer is wrong, and with 77 when no client is installed.
"""
import argparse
import contextlib
import importlib.util
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN_PYTHON = ROOT / "build/serve-python/bin/python"
SKIPPED = 77


@contextlib.contextmanager
def server(programs, model):
    """The address of a server of the model."""
    command = [programs / "transkimmer", "serve", "--model", model, "--port", "0", "--threads", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)
            if process.wait(60) != 0:
                raise AssertionError(f"the server ended with {process.returncode}")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def close(left, right):
    return len(left) == len(right) and all(math.isclose(a, b, abs_tol=1e-4) for a, b in zip(left, right))


def tiny_model(programs, folder, *kind):
    model = pathlib.Path(folder) / "-".join(["model", *kind])
    writer = next(programs.rglob("write_tiny_model"))
    subprocess.run([writer, model, *kind], check=True)
    return model


def check_huggingface_hub(programs, embedder, folder):
    from huggingface_hub import InferenceClient

    with server(programs, embedder) as url:
        client = InferenceClient(base_url=url)
        one = client.feature_extraction("the film was good .")
        expect(one.shape[0] == 1 and one.shape[1] > 1, f"feature_extraction gave {one.shape}")
        scores = InferenceClient().sentence_similarity(
            "a film", other_sentences=["a film", "the film was good ."], model=url + "/similarity")
        expect(math.isclose(scores[0], 1, abs_tol=1e-4) and scores[1] < scores[0], f"similarity gave {scores}")
    with server(programs, tiny_model(programs, folder)) as url:
        # The client takes the first of what it is given, which of this server is the best label.
        best = InferenceClient(base_url=url).text_classification("a charming journey")
        expect(best.label in ("negative", "positive") and best.score >= 0.5, f"text_classification gave {best}")
    with server(programs, tiny_model(programs, folder, "question-answering")) as url:
        context = "a charming journey, a very good film"
        answer = InferenceClient(base_url=url).question_answering(question="what was it?", context=context)
        expect(context[answer.start:answer.end] == answer.answer, f"question_answering gave {answer}")


def check_openai(programs, embedder, folder):
    import openai

    with server(programs, embedder) as url:
        client = openai.OpenAI(base_url=url + "/v1", api_key="none")
        coded = client.embeddings.create(input=["a film", "the film was good ."], model="any")
        plain = client.embeddings.create(input="a film", model="any", encoding_format="float")
        expect(close(coded.data[0].embedding, plain.data[0].embedding), "base64 and float differ")
        expect(coded.usage.prompt_tokens > plain.usage.prompt_tokens, f"usage is {coded.usage}")
        few = client.embeddings.create(input="a film", model="any", dimensions=4)
        expect(len(few.data[0].embedding) == 4, "dimensions is not heeded")
        try:
            client.embeddings.create(input=[], model="any")
            expect(False, "an empty list is answered")
        except openai.BadRequestError as error:
            expect("cannot be empty" in str(error), f"the error is {error}")


def check_langchain(programs, embedder, folder):
    from langchain_openai import OpenAIEmbeddings

    with server(programs, embedder) as url:
        # Else it would send the ids of OpenAI's own vocabulary.
        embeddings = OpenAIEmbeddings(base_url=url + "/v1", api_key="none", check_embedding_ctx_length=False)
        documents = embeddings.embed_documents(["a film", "the film was good ."])
        expect(len(documents) == 2, f"{len(documents)} documents")
        expect(close(documents[0], embeddings.embed_query("a film")), "a query and a document differ")


CHECKS = {
    "huggingface_hub": check_huggingface_hub,
    "openai": check_openai,
    "langchain_openai": check_langchain,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "tests/data/golden")
    arguments = parser.parse_args()
    if OWN_PYTHON.exists() and pathlib.Path(sys.prefix) != OWN_PYTHON.parents[1]:
        os.execv(OWN_PYTHON, [str(OWN_PYTHON), *sys.argv])
    embedder = arguments.data / "sentence_transformers/mean"
    failed, run = 0, 0
    for package, check in CHECKS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{package}: SKIPPED, it is not installed")
            continue
        run += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(arguments.programs.resolve(), embedder, folder)
                print(f"{package}: as it should be")
            except Exception as error:  # of whatever client
                failed += 1
                print(f"{package}: FAILED: {type(error).__name__}: {error}")
    return 1 if failed else 0 if run else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
