#!/usr/bin/env python3
"""Golden numbers of Hugging Face's `transformers` for each architecture: small random models, what they compute of a padded
batch, and their gradients.

  python3 scripts/golden/architectures.py            all of them, into tests/data/golden/architectures
  python3 scripts/golden/architectures.py bert       one

Needs torch and transformers (written with 2.15 and 5.24). Computed in float64, stored rounded to float32.
"""

import argparse
import pathlib

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
LABELS = ["negative", "neutral", "positive"]
LENGTHS = (9, 4, 6)
COMMON = {"vocab_size": 40, "max_position_embeddings": 24, "initializer_range": 0.4}
OF_BERT = {**COMMON, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}

# The smallest configuration that has everything the architecture has.
CONFIGS = {
    "bert": lambda: transformers.BertConfig(**OF_BERT),
    "roberta": lambda: transformers.RobertaConfig(**OF_BERT, type_vocab_size=1, layer_norm_eps=1e-5),
    "xlm-roberta": lambda: transformers.XLMRobertaConfig(**OF_BERT, type_vocab_size=1, layer_norm_eps=1e-5),
    "camembert": lambda: transformers.CamembertConfig(**OF_BERT, type_vocab_size=1, layer_norm_eps=1e-5),
    "distilbert": lambda: transformers.DistilBertConfig(**COMMON, dim=16, n_layers=2, n_heads=2, hidden_dim=24),
    "electra": lambda: transformers.ElectraConfig(**OF_BERT, embedding_size=10),
    "mpnet": lambda: transformers.MPNetConfig(**OF_BERT),
}
# Other choices of the configuration, and the heads that see them.
VARIANTS = {
    "bert_gelu_new": lambda: transformers.BertConfig(**OF_BERT, hidden_act="gelu_new"),
    "bert_silu": lambda: transformers.BertConfig(**OF_BERT, hidden_act="silu"),
    "distilbert_relu": lambda: transformers.DistilBertConfig(
        **COMMON, dim=16, n_layers=2, n_heads=2, hidden_dim=24, activation="relu"
    ),
}
VARIANT_HEADS = ("classification", "masked_lm")
HEADS = {
    "classification": transformers.AutoModelForSequenceClassification,
    "question_answering": transformers.AutoModelForQuestionAnswering,
    "token_classification": transformers.AutoModelForTokenClassification,
    "masked_lm": transformers.AutoModelForMaskedLM,
}


def batch_of(config):
    """Padded to the longest; the first token is 2, no other is special."""
    generator = torch.Generator().manual_seed(11)
    ids = torch.full((len(LENGTHS), max(LENGTHS)), config.pad_token_id)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(5, config.vocab_size, (length,), generator=generator)
        ids[row, 0] = 2
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask}


def targets_of(head, batch):
    if head == "classification":
        return {"labels": torch.tensor([2, 0, 1])}
    if head == "question_answering":
        return {"start_positions": torch.tensor([1, 3, 2]), "end_positions": torch.tensor([4, 3, 5])}
    labels = torch.full_like(batch["input_ids"], -100)
    if head == "token_classification":
        labels[:, 1:4] = torch.tensor([[0, 1, 2], [2, 2, 0], [1, 0, 0]])
        return {"labels": labels}
    labels[0, 2], labels[0, 5], labels[1, 1], labels[2, 3] = 7, 8, 9, 10
    return {"labels": labels}


def write(directory, name, head):
    config = (CONFIGS | VARIANTS)[name]()
    config.id2label = dict(enumerate(LABELS)) if head.endswith("classification") else {0: "LABEL_0", 1: "LABEL_1"}
    config.label2id = {label: i for i, label in config.id2label.items()}
    torch.manual_seed(5)
    model = HEADS[head].from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():  # biases and norms too: fresh ones hide what is mixed up
            parameter.add_(0.1 * torch.randn_like(parameter))
    directory.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink(missing_ok=True)

    model = model.double()
    batch = batch_of(config)
    targets = targets_of(head, batch)
    output = model(**batch, **targets, output_hidden_states=True)
    output.loss.backward()
    tensors = {**batch, **targets, "loss": output.loss}
    for i, states in enumerate(output.hidden_states):
        tensors[f"hidden_states.{i}"] = states
    if head == "question_answering":
        tensors["logits"] = torch.stack([output.start_logits, output.end_logits], -1)
    else:
        tensors["logits"] = output.logits
    with safe_open(directory / "model.safetensors", "pt") as weights:
        names = set(weights.keys())
    for parameter, value in model.named_parameters(remove_duplicate=False):  # tied ones have several names
        if parameter in names and value.grad is not None:
            tensors[f"grad.{parameter}"] = value.grad
    stored = {key: value.detach().float() if value.is_floating_point() else value for key, value in tensors.items()}
    save_file({key: value.contiguous() for key, value in stored.items()}, directory / "expected.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join([*CONFIGS, *VARIANTS])
    parser.add_argument("architectures", nargs="*", metavar="NAME", help=f"of {names} (default: all)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "tests/data/golden/architectures", metavar="DIR")
    options = parser.parse_args()
    for name in options.architectures or [*CONFIGS, *VARIANTS]:
        for head in HEADS if name in CONFIGS else VARIANT_HEADS:
            write(options.output / name / head, name, head)


if __name__ == "__main__":
    main()
