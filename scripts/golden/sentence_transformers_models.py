#!/usr/bin/env python3
"""Golden vectors of `sentence-transformers`: small random embedders, each with other modules, and what they make of some texts.

  python3 scripts/golden/sentence_transformers_models.py       into tests/data/golden/sentence_transformers

Needs torch, transformers and sentence-transformers (written with 2.15, 5.24 and 5.x). Computed in float32.
"""

import json
import pathlib
import shutil
import string
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Dense, Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests/data/golden/sentence_transformers"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "film", "was", "good", "bad", "query", ":", ".", ",",
         *string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
TEXTS = ["the film was good .", "a bad film", "films", "was the film good, or was a film bad ? " * 4, "x"]
HIDDEN = 16

# Each is a list of modules behind the Transformer, and prompts.
MODELS = {
    "mean": ([lambda: Pooling(HIDDEN, "mean"), Normalize], {}),
    "first": ([lambda: Pooling(HIDDEN, "cls"), Normalize], {"query": "query: ", "document": ""}),
    "raw_last": ([lambda: Pooling(HIDDEN, "lasttoken")], {}),
    "weighted": ([lambda: Pooling(HIDDEN, "weightedmean"), Normalize], {}),
    "several_dense": ([lambda: Pooling(HIDDEN, pooling_mode_cls_token=True, pooling_mode_max_tokens=True,
                                       pooling_mode_mean_tokens=True, pooling_mode_mean_sqrt_len_tokens=True),
                       lambda: Dense(4 * HIDDEN, 12), lambda: Dense(12, 8, bias=False, activation_function=torch.nn.Identity()),
                       Normalize], {}),
}


def encoder(directory):
    """A BERT with random weights and a tokenizer of few words."""
    torch.manual_seed(3)
    config = BertConfig(vocab_size=len(WORDS), hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=24, max_position_embeddings=48, initializer_range=0.4)
    BertModel(config).save_pretrained(directory)
    tokenizer = BertTokenizerFast(vocab={word: index for index, word in enumerate(WORDS)}, model_max_length=48)
    assert len(tokenizer) == len(WORDS) and tokenizer.tokenize("films") == ["film", "##s"]
    tokenizer.save_pretrained(directory)


def write(name, modules, prompts):
    target = OUTPUT / name
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        encoder(pathlib.Path(folder))
        torch.manual_seed(4)
        model = SentenceTransformer(modules=[Transformer(folder, max_seq_length=24), *(make() for make in modules)],
                                    prompts=prompts or None, device="cpu")
        model.save(str(target), create_model_card=False)
    expected = {"texts": TEXTS, "vectors": model.encode(TEXTS, batch_size=2).tolist()}
    if prompts:
        expected["query"] = model.encode(TEXTS, prompt_name="query").tolist()
    (target / "expected.json").write_text(json.dumps(expected) + "\n")


def main():
    for name, (modules, prompts) in MODELS.items():
        write(name, modules, prompts)


if __name__ == "__main__":
    main()
