"""Fine-tuning written plainly in PyTorch: a BERT or RoBERTa classifier of torch.nn's operations, AdamW, clipping
and the linear schedule. It takes the batches that `training_batches` wrote, so that it learns from the same sequences
in the same order, and prints one JSON line: losses, examples per second.

    python3 pytorch_training.py MODEL_DIRECTORY BATCHES --precision bf16 --threads 2
"""

import argparse
import json
import math
import pathlib
import struct
import time

import torch
from torch import nn
from torch.nn import functional as F

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def read_safetensors(path):
    """The tensors of a file by name, as float32."""
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(data[8 + size + begin : 8 + size + end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).float()
    return tensors


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        size, inner, epsilon = config["hidden_size"], config["intermediate_size"], config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.query, self.key, self.value, self.attended = (nn.Linear(size, size) for _ in range(4))
        self.attended_norm = nn.LayerNorm(size, eps=epsilon)
        self.expand, self.shrink = nn.Linear(size, inner), nn.Linear(inner, size)
        self.norm = nn.LayerNorm(size, eps=epsilon)
        self.dropout = config["hidden_dropout_prob"]
        self.attention_dropout = config["attention_probs_dropout_prob"]

    def forward(self, x, mask):
        rows, columns, size = x.shape

        def split(y):
            return y.view(rows, columns, self.heads, size // self.heads).transpose(1, 2)

        context = F.scaled_dot_product_attention(
            split(self.query(x)), split(self.key(x)), split(self.value(x)), attn_mask=mask,
            dropout_p=self.attention_dropout if self.training else 0.0)
        context = context.transpose(1, 2).reshape(rows, columns, size)
        x = self.attended_norm(x + F.dropout(self.attended(context), self.dropout, self.training))
        return self.norm(x + F.dropout(self.shrink(F.gelu(self.expand(x))), self.dropout, self.training))


class Classifier(nn.Module):
    """BERT with its pooler and a linear layer on it."""

    def __init__(self, config, labels):
        super().__init__()
        size = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], size, padding_idx=config.get("pad_token_id", 0))
        self.positions = nn.Embedding(config["max_position_embeddings"], size)
        self.types = nn.Embedding(config["type_vocab_size"], size)
        self.embedding_norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.pooler, self.classifier = nn.Linear(size, size), nn.Linear(size, labels)
        self.dropout = config["hidden_dropout_prob"]

    def forward(self, ids, types, real):
        x = self.words(ids) + self.types(types) + self.positions(torch.arange(ids.shape[1]))
        x = F.dropout(self.embedding_norm(x), self.dropout, self.training)
        mask = real[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        pooled = torch.tanh(self.pooler(x[:, 0]))
        return self.classifier(F.dropout(pooled, self.dropout, self.training))

    def parameters_by_file_name(self):
        """Each parameter by the name that Hugging Face's files give it."""
        names = {
            "words": "embeddings.word_embeddings", "positions": "embeddings.position_embeddings",
            "types": "embeddings.token_type_embeddings", "embedding_norm": "embeddings.LayerNorm",
            "pooler": "pooler.dense", "classifier": "classifier",
            "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
            "attended": "attention.output.dense", "attended_norm": "attention.output.LayerNorm",
            "expand": "intermediate.dense", "shrink": "output.dense", "norm": "output.LayerNorm"}
        for name, parameter in self.named_parameters():
            parts = name.split(".")
            prefix = f"encoder.layer.{parts[1]}." if parts[0] == "layers" else ""
            yield prefix + names[parts[-2]] + "." + parts[-1], parameter


def load(directory, labels):
    directory = pathlib.Path(directory)
    config = json.loads((directory / "config.json").read_text())
    model = Classifier(config, labels)
    stored = {name.removeprefix("bert."): tensor
              for name, tensor in read_safetensors(directory / "model.safetensors").items()}
    with torch.no_grad():
        for name, parameter in model.parameters_by_file_name():
            if name in stored:
                parameter.copy_(stored[name])
    return model


def padded(sequences, value):
    longest = max(len(sequence) for sequence in sequences)
    return torch.tensor([sequence + [value] * (longest - len(sequence)) for sequence in sequences])


def read_batches(path):
    batches = []
    for line in open(path):
        batch = json.loads(line)
        ids = padded(batch["ids"], 0)
        real = padded([[1] * len(sequence) for sequence in batch["ids"]], 0).bool()
        batches.append((ids, padded(batch["types"], 0), real, torch.tensor(batch["labels"])))
    return batches


def optimizer_of(model, options):
    """AdamW that, as everywhere, decays neither biases nor norms."""
    def decays(name):
        return not name.endswith("bias") and "LayerNorm" not in name

    named = list(model.parameters_by_file_name())
    groups = [{"params": [parameter for name, parameter in named if decays(name) == decayed],
               "weight_decay": options.weight_decay if decayed else 0.0} for decayed in (True, False)]
    return torch.optim.AdamW(groups, lr=options.learning_rate, eps=options.adam_epsilon, fused=True)


def schedule(step, warmup, total):
    if step < warmup:
        return step / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def train(model, batches, options):
    """Losses of the steps, and the seconds that each took."""
    optimizer = optimizer_of(model, options)
    total = options.schedule_steps or len(batches)
    warmup = math.ceil(options.warmup_ratio * total)
    losses, seconds = [], []
    model.train()
    for step, (ids, types, real, labels) in enumerate(batches):
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * schedule(step, warmup, total)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            logits = model(ids, types, real).float()
        loss = (F.mse_loss(logits.squeeze(-1), labels.float()) if options.regression
                else F.cross_entropy(logits, labels.long()))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.max_grad_norm)
        if step == 0 and options.gradients:  # clipped
            torch.save({name: parameter.grad for name, parameter in model.parameters_by_file_name()
                        if parameter.grad is not None}, options.gradients)
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return losses, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("batches")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--warmup-ratio", type=float, default=0.06)
    parser.add_argument("--adam-epsilon", type=float, default=1e-8)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--labels", type=int, default=2)
    parser.add_argument("--regression", action="store_true")
    parser.add_argument("--untimed", type=int, default=5, help="first steps that are not timed")
    parser.add_argument("--schedule-steps", type=int, default=0, help="where the schedule ends; 0: with the batches")
    parser.add_argument("--no-dropout", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--gradients", help="file for the gradients of the first step, as a dictionary of tensors")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load(options.model, options.labels)
    if options.no_dropout:
        model.dropout = 0.0
        for layer in model.layers:
            layer.dropout = layer.attention_dropout = 0.0
    batches = read_batches(options.batches)
    losses, seconds = train(torch.compile(model) if options.compile else model, batches, options)
    examples = sum(len(batch[3]) for batch in batches[options.untimed :])
    spent = sum(seconds[options.untimed :])
    print(json.dumps({"torch": torch.__version__, "losses": losses,
                      "examples_per_second": examples / spent if spent else 0.0}))


if __name__ == "__main__":
    main()
