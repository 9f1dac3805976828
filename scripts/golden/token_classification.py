#!/usr/bin/env python3
"""Golden numbers of labels of tokens: what `transformers`' pipeline makes of some texts with every aggregation_strategy, how its
fast tokenizers cut words (is_split_into_words), and, with --seqeval, what the package seqeval scores.

  python3 scripts/golden/token_classification.py               into tests/data/golden/token_classification
  python3 scripts/golden/token_classification.py --seqeval     its seqeval.json alone

Needs torch and transformers (written with 2.15 and 5.24), or seqeval (written with 1.2.2). Computed in float32.
"""

import argparse
import json
import pathlib
import random
import shutil
import string

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests/data/golden/token_classification"
STRATEGIES = ["none", "simple", "first", "average", "max"]
# Those that taggers have, and odd ones: no prefix, a dash within, prefixes of another scheme.
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC", "S-ORG", "E-ORG", "X-A-B", "B-O"]
TEXTS = ["ada lovelace lived in london .", "Café Müller, the film-house of Zoë!", "unbelievably  good\tfilms", "x", "日本 and 東京-to",
         "what? (who?) ... the-the-the filmsfilmsfilms", "naïve ☃ film films", "the good the bad the film was good " * 2]
SENTENCES = [["the", "films", "were", "unbelievable"], ["Café", "New York", "", "x"], ["☃", "ab-cd", "\u200b", "the"], ["good"],
             ["the"] * 40]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "film", "was", "good", "bad", "##ly", "un", "##believe", "and",
         "cafe", ".", ",", "!", "?", "-", "(", ")", *string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
MERGES = ["t h", "th e", "Ġ the", "f i", "fi l", "fil m", "Ġ film", "Ġ g", "o o", "oo d", "Ġg ood", "Ġ a"]
SIZES = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=50,
             initializer_range=0.5)


def bert(directory):
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(WORDS)}, model_max_length=48)
    return tokenizer, tokenizer, BertForTokenClassification(BertConfig(vocab_size=len(WORDS), **labelled(), **SIZES))


def roberta(directory):
    from transformers import RobertaConfig, RobertaForTokenClassification, RobertaTokenizerFast
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES), "<mask>"]
    parts = dict(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(merge.split()) for merge in MERGES],
                 model_max_length=48)
    config = RobertaConfig(vocab_size=len(tokens), pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, **labelled(), **SIZES)
    return RobertaTokenizerFast(**parts), RobertaTokenizerFast(**parts, add_prefix_space=True), RobertaForTokenClassification(config)


def labelled():
    return {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}


def write(name, make):
    import torch
    from transformers import pipeline

    target = OUTPUT / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    torch.manual_seed(7)
    tokenizer, of_words, model = make(target)
    model.eval().save_pretrained(target)
    tokenizer.save_pretrained(target)
    run = pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")
    # Scores within rounding of another label would make the labels themselves a matter of rounding.
    expected = {"texts": TEXTS, "sentences": SENTENCES, "pipeline": {}, "words": []}
    for strategy in STRATEGIES:
        expected["pipeline"][strategy] = [[{key: float(value) if key == "score" else value for key, value in entity.items()}
                                           for entity in run(text, aggregation_strategy=strategy)] for text in TEXTS]
    for sentence in SENTENCES:
        encoding = of_words(sentence, is_split_into_words=True, truncation=True, max_length=24)
        expected["words"].append({"ids": encoding["input_ids"], "word_ids": encoding.word_ids()})
    (target / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


def sequences(draw, tags):
    return [[draw.choice(tags) for _ in range(draw.randint(1, 9))] for _ in range(draw.randint(1, 4))]


def seqeval_cases():
    import warnings

    from seqeval.metrics.sequence_labeling import accuracy_score, get_entities, precision_recall_fscore_support

    warnings.simplefilter("ignore")
    draw = random.Random(11)
    kinds = [["O", "B-A", "I-A", "B-B", "I-B"], ["O", "I-A", "I-B", "B-A"], ["O", "B-A", "I-A", "E-A", "S-A", "E-B", "S-B", "B-B", "I-B"],
             ["O", "B", "I", "A", "NOUN", "B-A-C", "U-A", ".", "S-", "É-A", "O-A", "_"]]
    cases = []
    for number in range(240):
        gold = sequences(draw, kinds[number % len(kinds)])
        predicted = [[tag if draw.random() < 0.6 else draw.choice(kinds[number % len(kinds)]) for tag in tags] for tags in gold]
        precision, recall, f1, _ = precision_recall_fscore_support(gold, predicted, average="micro")
        types = sorted({entity[0] for entity in get_entities(gold) + get_entities(predicted)})
        each = precision_recall_fscore_support(gold, predicted, average=None)
        cases.append({"gold": gold, "predicted": predicted, "entities": get_entities(gold),
                      "overall": [float(precision), float(recall), float(f1)], "accuracy": float(accuracy_score(gold, predicted)),
                      "types": {kind: [float(each[0][i]), float(each[1][i]), float(each[2][i]), int(each[3][i])]
                                for i, kind in enumerate(types)}})
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seqeval", action="store_true", help="only what seqeval scores, which needs no torch")
    if parser.parse_args().seqeval:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        (OUTPUT / "seqeval.json").write_text("[" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in seqeval_cases()) + "]\n")
        return
    for name, make in (("bert", bert), ("roberta", roberta)):
        write(name, make)


if __name__ == "__main__":
    main()
