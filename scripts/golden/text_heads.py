#!/usr/bin/env python3
"""Golden answers of small random models whose heads read whole texts: a reranker (sentence-transformers' CrossEncoder) and a
multi-label classifier (Hugging Face's pipeline), and scores of scikit-learn and of CrossEncoderRerankingEvaluator.

  python3 scripts/golden/text_heads.py       into tests/data/golden/text_heads

Needs torch, transformers, sentence-transformers and scikit-learn (written with 2.15, 5.24, 6.2 and 1.7). Computed in float32.
"""

import json
import pathlib
import random
import shutil
import tempfile

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder.evaluation import CrossEncoderRerankingEvaluator
from sklearn.metrics import accuracy_score, f1_score
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, pipeline

from sentence_transformers_models import WORDS

VOCABULARY = {word: i for i, word in enumerate(dict.fromkeys(WORDS))}
ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests/data/golden/text_heads"
QUERY = "was the film good"
DOCUMENTS = ["the film was good .", "a bad film", "films", "a : bad bad .", "was the film good, or was a film bad ? " * 4]
LABELS = ["drama", "comedy", "horror"]


def classifier(directory, labels, **more):
    """A BERT with random weights and a tokenizer of few words."""
    torch.manual_seed(3)
    config = BertConfig(vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                        max_position_embeddings=32, initializer_range=0.5, id2label=dict(enumerate(labels)),
                        label2id={label: i for i, label in enumerate(labels)}, **more)
    BertForSequenceClassification(config).save_pretrained(directory)
    BertTokenizerFast(vocab=VOCABULARY, model_max_length=32).save_pretrained(directory)


def write(directory, expected):
    (directory / "expected.json").write_text(json.dumps(expected) + "\n")


def write_reranker():
    target = OUTPUT / "reranker"
    with tempfile.TemporaryDirectory() as folder:
        classifier(pathlib.Path(folder), ["LABEL_0"])
        model = CrossEncoder(folder, device="cpu", activation_fn=torch.nn.Identity())
        model.save(str(target))
    (target / "README.md").unlink(missing_ok=True)
    pairs = [(QUERY, document) for document in DOCUMENTS] + [("a film", "the film")]
    write(target, {"query": QUERY, "documents": DOCUMENTS, "pairs": pairs, "identity": model.predict(pairs).tolist(),
                   "sigmoid": model.predict(pairs, activation_fn=torch.nn.Sigmoid()).tolist(),
                   "rank": model.rank(QUERY, DOCUMENTS), "rank_3": model.rank(QUERY, DOCUMENTS, top_k=3)})


def write_multi_label():
    target = OUTPUT / "multi_label"
    target.mkdir(parents=True)
    classifier(target, LABELS, problem_type="multi_label_classification")
    classify = pipeline("text-classification", model=str(target), top_k=None, device="cpu")
    texts = DOCUMENTS[:4]
    scores = [{entry["label"]: entry["score"] for entry in answer} for answer in classify(texts)]
    write(target, {"texts": texts, "scores": scores})


def label_set_scores(generator):
    """Some labels of some data sets are never said or never right."""
    cases = []
    for examples, labels in ((1, 1), (5, 3), (40, 6)):
        for share in (0.0, 0.2, 0.6):
            said = [[int(generator.random() < share) for _ in range(labels)] for _ in range(examples)]
            right = [[int(generator.random() < 0.3) for _ in range(labels)] for _ in range(examples)]
            if labels == 1:  # scikit-learn takes one column for a problem of two classes
                scores = {"f1_micro": f1_score(right, said, zero_division=0), "f1_macro": f1_score(right, said, zero_division=0)}
            else:
                scores = {f"f1_{kind}": f1_score(right, said, average=kind, zero_division=0) for kind in ("micro", "macro")}
            cases.append({"said": said, "right": right, "scores": {**scores, "accuracy": accuracy_score(right, said)}})
    return cases


class GivenScores:
    """In the place of a CrossEncoder."""

    def __init__(self, scores):
        self.scores = scores

    def predict(self, pairs, **_):
        import numpy
        return numpy.array(self.scores[:len(pairs)])


def ranking_scores(generator):
    """Of scores that are all different, and of some that are the same for several documents of one query."""
    cases = []
    for distinct in (True, False):
        samples, scores, sizes, relevance = [], [], [], []
        for query in range(12):
            positive, negative = generator.randint(0, 3), generator.randint(1, 14)
            own = [generator.random() if distinct else float(generator.randint(0, 6)) for _ in range(positive + negative)]
            if not distinct:  # the rank of the first relevant document of equals is not defined
                for i in range(positive):
                    own[i] += 0.5
            samples.append({"query": f"q{query}", "positive": [f"p{i}" for i in range(positive)],
                            "negative": [f"n{i}" for i in range(negative)]})
            sizes.append(len(own))
            relevance += [1] * positive + [0] * negative
            scores.append(own)
        # The evaluator asks for no score of a query without relevant documents.
        asked = [score for sample, own in zip(samples, scores) if sample["positive"] for score in own]
        evaluator = CrossEncoderRerankingEvaluator(samples, write_csv=False)
        evaluator.store_metrics_in_model_card_data = lambda *_: None
        found = evaluator(GivenScores(asked))
        cases.append({"sizes": sizes, "relevance": relevance, "outputs": sum(scores, []),
                      "scores": {name: float(value) for name, value in found.items()}})
    return cases


def main():
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    write_reranker()
    write_multi_label()
    generator = random.Random(5)
    (OUTPUT / "scores.json").write_text(
        json.dumps({"label_sets": label_set_scores(generator), "rankings": ranking_scores(generator)}) + "\n")


if __name__ == "__main__":
    main()
