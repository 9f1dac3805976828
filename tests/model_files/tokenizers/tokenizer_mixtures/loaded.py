"""What transformers makes of a mixture's texts that it loads from a directory, in the terms of dump_ids.cc."""

import os

from .reference import Failure, Panic, as_text, guarded

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "critical"

try:
    import transformers
    from transformers import AutoTokenizer
except ImportError:
    transformers = None

NO_LIMIT = 10**9
USUAL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "<pad>", "</s>", "<unk>", "<mask>"}


class LoadedReference:
    """A Reference of a folder."""

    def __init__(self, folder):
        self.tokenizer = guarded(AutoTokenizer.from_pretrained, folder, local_files_only=True)
        self.panics = 0
        listed = self.tokenizer.added_tokens_decoder.items()
        special = {number for number, token in listed if token.special} | set(self.tokenizer.all_special_ids)
        # What stands for unknown words is no special token that was written out, unless it is found as no special one.
        plain = {number for number, token in listed if not token.special}
        self.special_ids = special - ({self.tokenizer.unk_token_id} - plain)
        self.cuts_left = self.tokenizer.truncation_side == "left"
        self.splits = self.tokenizer.split_special_tokens
        self.has_special_words = self.splits and self.special_words()
        # Without a word of the files this class gives none, and ours those of the layout. So did transformers before 5.
        says_nothing = type(self.tokenizer).__name__ == "TokenizersBackend" and "model_input_names" not in self.tokenizer.init_kwargs
        self.options = {"return_token_type_ids": True} if says_nothing else {}

    def special_words(self):
        """Whether a special token is a word of the vocabulary too, which pieces of a text may grow into."""
        own = set(self.tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False))
        return not own.isdisjoint(set(self.tokenizer.convert_ids_to_tokens(list(self.special_ids))) - USUAL)

    def tokens(self):
        return {number: token for token, number in self.tokenizer.get_vocab().items()}

    @property
    def max_length(self):
        length = self.tokenizer.model_max_length
        return length if length < NO_LIMIT else None

    def reads_special_token(self, encoding):
        """Whether a text became a special token although these are split: a word of the vocabulary, or one that a file names
        and another says is none."""
        return self.has_special_words or self.splits and any(number in self.special_ids and sequence is not None
                                   for number, sequence in zip(encoding.ids, encoding.sequence_ids))

    def encoding(self, request):
        texts = [as_text(text) for text in request["texts"]]
        cut = {"truncation": request["truncation"], "max_length": request["max_length"]} if "max_length" in request else {}
        try:
            # As lists: an empty second text alone would count as none.
            result = guarded(self.tokenizer, *([text] for text in texts), add_special_tokens=request.get("special_tokens", True),
                             **self.options, **cut)
        except Panic as panic:
            self.panics += 1
            return {"panic": str(panic)}
        except Failure as failure:
            return {"error": str(failure)}
        encoding = result.encodings[0]
        if self.reads_special_token(encoding):
            return {"panic": "not to be compared"}
        types = result.get("token_type_ids", [[0] * len(encoding.ids)])
        return {"ids": result["input_ids"][0], "type_ids": types[0], "offsets": [list(pair) for pair in encoding.offsets],
                "sequences": encoding.sequence_ids}
