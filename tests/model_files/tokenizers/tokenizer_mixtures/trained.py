"""Unigram vocabularies that `sentencepiece` (PyPI) has learned, where it is installed."""

import base64
import functools
import io
import random

from .scripts import random_line

try:
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
except ImportError:
    sentencepiece = None

LINES = 3000
RULES = ("nmt_nfkc", "identity", "nmt_nfkc_cf")


@functools.cache
def learned(rule, byte_fallback=False):
    """The model of a normalization rule: pieces with scores, and the map of characters in Base64."""
    rng = random.Random(f"learned/{rule}")
    lines = (line for line in (random_line(rng) for _ in range(LINES)) if line.strip())
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=model, vocab_size=6000, model_type="unigram", byte_fallback=byte_fallback,
        normalization_rule_name=rule, character_coverage=0.98, hard_vocab_limit=False, minloglevel=2, num_threads=1)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    return pieces, base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def unigram_model(rng):
    """As `tokenizers` converts it, or as XLM-RoBERTa has it; and its normalizer."""
    byte_fallback = rng.random() < 0.3
    pieces, charsmap = learned(rng.choice(RULES), byte_fallback)
    unknown = 0
    if rng.random() < 0.5 and not byte_fallback:
        pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces[3:], ("<mask>", 0.0)]
        unknown = 3
    model = {"type": "Unigram", "unk_id": unknown, "vocab": [list(piece) for piece in pieces], "byte_fallback": byte_fallback}
    return model, {"type": "Precompiled", "precompiled_charsmap": charsmap} if charsmap else None
