#!/usr/bin/env python3
"""Golden bytes and bits: what sentence-transformers' quantize_embeddings makes of vectors.

  python3 scripts/golden/quantization.py       into tests/data/golden/quantization.json

Needs numpy and sentence-transformers (written with 2.4 and 6.2).
"""

import json
import pathlib

import numpy as np
from sentence_transformers.util import quantize_embeddings

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests/data/golden/quantization.json"


def main():
    random = np.random.default_rng(7)
    calibration = random.normal(size=(40, 19)).astype(np.float32)  # the last byte of bits is not full
    calibration[:, 5] = 0.25  # a value that never differs
    vectors = random.normal(scale=1.3, size=(12, 19)).astype(np.float32)  # some beyond the ranges
    vectors[0, :8] = [0.0, -0.0, 1e-30, -1e-30, 0.5, 0.25, -0.5, 3.0]
    vectors[1] = calibration[3]
    expected = {"calibration": calibration.tolist(), "vectors": vectors.tolist()}
    for precision in ["int8", "uint8", "binary", "ubinary"]:
        expected[precision] = quantize_embeddings(vectors, precision, calibration_embeddings=calibration).tolist()
    OUTPUT.write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
