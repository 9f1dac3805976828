"""What `tokenizers` makes of a mixture's texts, in the terms of dump_ids.cc."""

import json

from tokenizers import Tokenizer


class Failure(Exception):
    """`tokenizers` cannot load the file, or does not take the text."""


class Panic(Failure):
    """A mistake of its own stopped it: there is no answer to compare with."""


def guarded(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except Exception as error:
        raise Failure(str(error)) from None
    except BaseException as error:
        # Of no public class, and no Exception.
        if type(error).__name__ == "PanicException":
            raise Panic(str(error)) from None
        raise


def as_text(text):
    """A text as our tokenizers read it: U+FFFD stands for each part that is no UTF-8."""
    return text if isinstance(text, str) else text.decode(errors="replace")


class Reference:
    cuts_left = False

    def __init__(self, tokenizer):
        self.tokenizer = guarded(Tokenizer.from_str, json.dumps(tokenizer))
        self.panics = 0
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def tokens(self):
        return {number: token for token, number in self.tokenizer.get_vocab(with_added_tokens=True).items()}

    def encoding(self, request):
        """As dump_ids gives it, but with offsets that count characters."""
        texts = [as_text(text) for text in request["texts"]]
        try:
            if "max_length" in request:
                guarded(self.tokenizer.enable_truncation, request["max_length"], strategy=request["truncation"])
            encoding = guarded(self.tokenizer.encode, *texts, add_special_tokens=request.get("special_tokens", True))
        except Panic as panic:
            self.panics += 1
            return {"panic": str(panic)}
        except Failure as failure:
            return {"error": str(failure)}
        finally:
            self.tokenizer.no_truncation()
        return {"ids": encoding.ids, "type_ids": encoding.type_ids, "offsets": [list(pair) for pair in encoding.offsets],
                "sequences": encoding.sequence_ids}
