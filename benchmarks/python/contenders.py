"""What takes part in side_by_side.py: each turns texts into unit vectors, in the configuration that is best for it."""

import pathlib
import shutil
import subprocess
import sys
from typing import Any

import numpy as np

MOST_TOKENS = 256  # as the model's sentence_bert_config.json has it
# Texts of a batch, sorted by length: what was fastest for short texts on two threads.
BATCH = 32


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def pooled(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean over tokens: [texts, tokens, values] to unit vectors."""
    weights = mask[:, :, None].astype(np.float32)
    return unit((states * weights).sum(axis=1) / weights.sum(axis=1))


class Contender:
    distributions: list[str] = []  # the first one's version is shown; their sizes are added

    def __init__(self, model: pathlib.Path, threads: int, folder: pathlib.Path, variant: str) -> None:
        self.model, self.threads, self.folder, self.variant = model, threads, folder, variant

    def import_libraries(self) -> None:
        raise NotImplementedError

    def prepare(self) -> None:
        """Writes the model in the form that this contender reads, in a process that is not measured."""

    def load(self) -> None:
        raise NotImplementedError

    def encode(self, texts: list[str]) -> np.ndarray:
        raise NotImplementedError


class Transkimmer(Contender):
    distributions = ["transkimmer"]

    def import_libraries(self) -> None:
        global transkimmer
        import transkimmer

    def load(self) -> None:
        precision = self.variant or "f32"
        self.embedder = transkimmer.Embedder.load(self.model, threads=self.threads, precision=precision)

    def encode(self, texts: list[str]) -> np.ndarray:
        return self.embedder.encode(texts, normalize_embeddings=True)


class Pipeline(Contender):
    """transformers' feature-extraction pipeline, its states pooled as the model wants it."""

    distributions = ["transformers", "torch"]

    def import_libraries(self) -> None:
        global torch, transformers
        import torch
        import transformers

    def load(self) -> None:
        torch.set_num_threads(self.threads)
        self.pipe = transformers.pipeline("feature-extraction", model=str(self.model), device="cpu")
        if self.variant == "compile":
            self.pipe.model = torch.compile(self.pipe.model, dynamic=True)

    def encode(self, texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        states = self.pipe(
            [texts[i] for i in order],
            return_tensors=True,
            batch_size=BATCH if len(texts) > 1 else 1,
            tokenize_kwargs={"truncation": True, "max_length": MOST_TOKENS},
        )
        vectors = np.empty((len(texts), states[0].shape[-1]), np.float32)
        # A batch comes back text by text with its padding, which tokens alone tell from words.
        lengths = self.pipe.tokenizer([texts[i] for i in order], truncation=True, max_length=MOST_TOKENS)["input_ids"]
        for place, state, ids in zip(order, states, lengths, strict=True):
            vectors[place] = state[0, : len(ids)].mean(dim=0).numpy()
        return unit(vectors)


class SentenceTransformers(Contender):
    distributions = ["sentence-transformers", "torch", "transformers"]
    backends = {
        "": ("torch", None),
        "onnx": ("onnx", None),
        "onnx-int8": ("onnx", "int8"),
        "openvino": ("openvino", None),
        "openvino-int8": ("openvino", "int8"),
    }

    def import_libraries(self) -> None:
        global torch, sentence_transformers
        import sentence_transformers
        import torch

        self.backend, self.precision = self.backends[self.variant]
        if self.backend == "onnx":
            import onnxruntime  # noqa: F401
            import optimum.onnxruntime  # noqa: F401

            self.distributions = ["sentence-transformers", "torch", "optimum-onnx", "onnxruntime"]
        if self.backend == "openvino":
            import optimum.intel.openvino  # noqa: F401

            self.distributions = ["sentence-transformers", "torch", "optimum-intel", "openvino", "nncf"]

    @property
    def copy(self) -> pathlib.Path:
        return self.folder / f"sentence-transformers-{self.variant}"

    def options(self) -> dict[str, Any]:
        if self.backend == "openvino":
            return {"ov_config": {"INFERENCE_NUM_THREADS": str(self.threads)}}
        import onnxruntime

        session = onnxruntime.SessionOptions()
        session.intra_op_num_threads = self.threads
        return {"session_options": session, "provider": "CPUExecutionProvider"}

    def opened(self, **options: Any) -> Any:
        return sentence_transformers.SentenceTransformer(
            str(self.copy), device="cpu", backend=self.backend, model_kwargs={**self.options(), **options}
        )

    def prepare(self) -> None:
        if self.backend == "torch":
            return
        shutil.copytree(self.model, self.copy)
        embedder = self.opened(export=True)
        embedder.save_pretrained(str(self.copy))
        if self.precision == "int8" and self.backend == "onnx":
            sentence_transformers.export_dynamic_quantized_onnx_model(embedder, "avx512_vnni", str(self.copy))
        elif self.precision == "int8":
            sentence_transformers.export_static_quantized_openvino_model(embedder, None, str(self.copy))

    def load(self) -> None:
        torch.set_num_threads(self.threads)
        if self.backend == "torch":
            self.embedder = sentence_transformers.SentenceTransformer(str(self.model), device="cpu")
        elif self.precision is None:
            self.embedder = self.opened()
        elif self.backend == "onnx":
            self.embedder = self.opened(file_name="onnx/model_qint8_avx512_vnni.onnx")
        else:
            self.embedder = self.opened(file_name="openvino/openvino_model_qint8_quantized.xml")

    def encode(self, texts: list[str]) -> np.ndarray:
        return self.embedder.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


class ByHand(Contender):
    """Tokens of `tokenizers`, in batches of like length, given to a runtime."""

    def import_tokenizers(self) -> None:
        global tokenizers
        import tokenizers

    def load_tokenizer(self) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_file(str(self.model / "tokenizer.json"))
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.no_padding()

    @property
    def written(self) -> pathlib.Path:
        """The folder of the model in the form that this contender reads."""
        return self.folder / f"{type(self).__name__}-{self.variant or 'f32'}"

    def prepare(self) -> None:
        """As ONNX, written by the program of the package that is compared with."""
        command = [sys.executable, "-m", "transkimmer", "export", "--model", self.model, "--onnx"]
        quantize = ["--quantize"] if self.variant == "int8" else []
        subprocess.run([*command, "--output-dir", self.written, *quantize], check=True)

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """[texts, tokens, values]"""
        raise NotImplementedError

    def encode(self, texts: list[str]) -> np.ndarray:
        encodings = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i]))
        made: list[np.ndarray] = [np.empty(0)] * len(texts)
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            longest = len(encodings[batch[-1]])
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros_like(ids)
            for row, place in enumerate(batch):
                ids[row, : len(encodings[place])] = encodings[place]
                mask[row, : len(encodings[place])] = 1
            for place, vector in zip(batch, pooled(self.states(ids, mask), mask), strict=True):
                made[place] = vector
        return np.stack(made)


class OnnxRuntime(ByHand):
    distributions = ["onnxruntime", "tokenizers"]

    def import_libraries(self) -> None:
        global onnxruntime
        import onnxruntime

        self.import_tokenizers()

    def load(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self.session = onnxruntime.InferenceSession(str(self.written / "model.onnx"), options, ["CPUExecutionProvider"])
        self.load_tokenizer()

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        inputs = {one.name: given[one.name] for one in self.session.get_inputs()}
        return self.session.run(["last_hidden_state"], inputs)[0]


class OpenVino(ByHand):
    distributions = ["openvino", "tokenizers"]

    def import_libraries(self) -> None:
        global openvino
        import openvino

        self.import_tokenizers()

    def load(self) -> None:
        core = openvino.Core()
        config = {"INFERENCE_NUM_THREADS": self.threads, "PERFORMANCE_HINT": "LATENCY"}
        self.compiled = core.compile_model(core.read_model(str(self.written / "model.onnx")), "CPU", config)
        self.request = self.compiled.create_infer_request()
        self.names = [one.get_any_name() for one in self.compiled.inputs]
        self.load_tokenizer()

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return self.request.infer({name: given[name] for name in self.names})["last_hidden_state"]


class CTranslate2(ByHand):
    distributions = ["ctranslate2", "tokenizers"]

    def import_libraries(self) -> None:
        global ctranslate2
        import ctranslate2

        self.import_tokenizers()

    def prepare(self) -> None:
        converter = ctranslate2.converters.TransformersConverter(str(self.model))
        converter.convert(str(self.written), quantization="int8" if self.variant == "int8" else "float32")

    def load(self) -> None:
        self.encoder = ctranslate2.Encoder(str(self.written), device="cpu", intra_threads=self.threads)
        self.load_tokenizer()

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        lengths = mask.sum(axis=1)
        rows = [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]
        output = self.encoder.forward_batch(rows)
        return np.array(output.last_hidden_state)


_KINDS: dict[str, tuple[type[Contender], str]] = {
    "transkimmer": (Transkimmer, ""),
    "torch-pipeline": (Pipeline, ""),
    "torch-compile": (Pipeline, "compile"),
    "sentence-transformers": (SentenceTransformers, ""),
    "onnxruntime": (OnnxRuntime, ""),
    "openvino": (OpenVino, ""),
    "ctranslate2": (CTranslate2, ""),
}


def of_name(name: str, model: pathlib.Path, threads: int, folder: pathlib.Path) -> Contender:
    """A contender of side_by_side's list: a kind, or a kind and a variant of it behind a dash."""
    if name not in _KINDS:
        kind = max((known for known in _KINDS if name.startswith(known + "-")), key=len)
        return _KINDS[kind][0](model, threads, folder, name[len(kind) + 1 :])
    made, variant = _KINDS[name]
    return made(model, threads, folder, variant)
