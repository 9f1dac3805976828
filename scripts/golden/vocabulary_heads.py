#!/usr/bin/env python3
"""Golden answers of small random masked language models: what Hugging Face's fill-mask pipeline puts in place of masks, and the sparse
vectors of sentence-transformers' SparseEncoder (SPLADE).

  python3 scripts/golden/vocabulary_heads.py       into tests/data/golden/vocabulary_heads

Needs torch, transformers and sentence-transformers (written with 2.15, 5.24 and 6.2). Masks are filled in float32. Sparse vectors are
computed in float64: in float32 the reference is up to 1.1e-5 from its own numbers where it sums over tokens, which is more than the test
allows.
"""

import json
import pathlib
import shutil
import tempfile

import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import MLMTransformer, SpladePooling
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (BertConfig, BertForMaskedLM, BertTokenizerFast, RobertaConfig, RobertaForMaskedLM, RobertaTokenizerFast,
                          XLMRobertaConfig, XLMRobertaForMaskedLM, XLMRobertaTokenizer, pipeline)

from sentence_transformers_models import TEXTS, WORDS

VOCABULARY = {word: i for i, word in enumerate(dict.fromkeys(WORDS))}
ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests/data/golden/vocabulary_heads"
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "initializer_range": 0.4}
MASKED = ["the film was {} .", "{} film", "was the {}, or was a film {} ?", "a film's {}"]


def save(model, directory):
    with torch.no_grad():
        for parameter in model.parameters():  # biases and norms too: fresh ones hide what is mixed up
            parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink(missing_ok=True)


def bert(directory):
    torch.manual_seed(3)
    save(BertForMaskedLM(BertConfig(vocab_size=len(VOCABULARY), max_position_embeddings=32, **SIZES)), directory)
    BertTokenizerFast(vocab=VOCABULARY, model_max_length=32).save_pretrained(directory)


def roberta(directory):
    torch.manual_seed(3)
    symbols = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet())]
    merges = [("Ġ", "f"), ("i", "l"), ("Ġf", "il"), ("Ġfil", "m"), ("o", "o"), ("oo", "d")]
    symbols += ["".join(merge) for merge in merges] + ["<mask>"]
    config = RobertaConfig(vocab_size=len(symbols), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES)
    save(RobertaForMaskedLM(config), directory)
    RobertaTokenizerFast(vocab={symbol: i for i, symbol in enumerate(symbols)}, merges=merges,
                         model_max_length=64).save_pretrained(directory)


def xlm_roberta(directory):
    torch.manual_seed(3)
    words = ["\u2581the", "\u2581film", "\u2581was", "\u2581a", "\u2581or", "s", "\u2581", ".", ",", "?", "'", "good"]
    pieces = [(word, -2.0 - 0.1 * i) for i, word in enumerate(words)] + [(chr(c), -9.0) for c in range(97, 123) if chr(c) != "s"]
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces, ("<mask>", 0.0)]
    config = XLMRobertaConfig(vocab_size=len(vocabulary), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES)
    save(XLMRobertaForMaskedLM(config), directory)
    XLMRobertaTokenizer(vocab=vocabulary, model_max_length=64).save_pretrained(directory)


def write(directory, expected):
    (directory / "expected.json").write_text(json.dumps(expected) + "\n")


def write_fill_mask(name, make):
    target = OUTPUT / name
    target.mkdir(parents=True)
    make(target)
    fill = pipeline("fill-mask", model=str(target), device="cpu")
    texts = [text.format(*[fill.tokenizer.mask_token] * 2) for text in MASKED]
    write(target, {"texts": texts, "fill": [fill(text, top_k=4) for text in texts]})


def write_splade(name, **pooling):
    target = OUTPUT / name
    with tempfile.TemporaryDirectory() as folder:
        bert(pathlib.Path(folder))
        model = SparseEncoder(modules=[MLMTransformer(folder, max_seq_length=24), SpladePooling(**pooling)], device="cpu")
        model.save(str(target), create_model_card=False)
    model = model.double()
    vectors = model.encode(TEXTS, convert_to_sparse_tensor=False, batch_size=2)
    write(target, {"texts": TEXTS, "vectors": [vector.tolist() for vector in vectors],
                   "decoded": [model.decode(vector, top_k=3) for vector in model.encode(TEXTS, convert_to_sparse_tensor=False)]})


def main():
    shutil.rmtree(OUTPUT, ignore_errors=True)
    write_fill_mask("bert", bert)
    write_fill_mask("roberta", roberta)
    write_fill_mask("xlm_roberta", xlm_roberta)
    write_splade("splade", pooling_strategy="max")
    write_splade("splade_sum", pooling_strategy="sum", activation_function="log1p_relu")


if __name__ == "__main__":
    main()
