"""Makes a mixture that differs as small as it can be and still differ."""

import copy
import json
import re

from .comparison import compare, job_of, reference_of


def kind_of(outcome):
    """Refused, or the key that differs."""
    if outcome.kind != "different":
        return outcome.kind
    return "refused" if outcome.message.startswith("refused") else outcome.message.split("\n")[1:2]


class Reducer:
    def __init__(self, ours, folder):
        self.ours, self.folder = ours, folder
        self.kind = None

    def outcome(self, mixture):
        job = job_of(mixture, self.folder)
        return compare(mixture, reference_of(mixture, self.folder), self.ours.ask(job))

    def kept(self, mixture, change):
        """The mixture with `change` made, or as it was where the change ends the difference."""
        changed = copy.deepcopy(mixture)
        change(changed)
        return changed if kind_of(self.outcome(changed)) == self.kind else mixture

    def reduced(self, mixture):
        self.kind = kind_of(self.outcome(mixture))
        mixture = self.one_request(mixture)
        size = None
        while size != (size := len(repr(mixture.tokenizer)) + len(repr(mixture.requests))):
            mixture = self.without_components(mixture)
            mixture = self.without_text(mixture)
        return mixture

    def one_request(self, mixture):
        for request in mixture.requests:
            def only(changed, request=request):
                changed.requests = [request]
            smaller = self.kept(mixture, only)
            if smaller is not mixture:
                return smaller
        return mixture

    def without_components(self, mixture):
        for key in ("post_processor", "normalizer", "pre_tokenizer"):
            mixture = self.kept(mixture, lambda changed, key=key: changed.tokenizer.update({key: None}))
        for key, parts in (("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers")):
            for at in reversed(range(len((mixture.tokenizer[key] or {}).get(parts, ())))):
                mixture = self.kept(mixture, lambda changed, key=key, parts=parts, at=at: changed.tokenizer[key][parts].pop(at))
        for at in reversed(range(len(mixture.tokenizer["added_tokens"]))):
            mixture = self.kept(mixture, lambda changed, at=at: changed.tokenizer["added_tokens"].pop(at))
        for at in range(len(mixture.tokenizer["added_tokens"])):
            for flag in ("single_word", "lstrip", "rstrip", "normalized", "special"):
                mixture = self.kept(mixture, lambda changed, at=at, flag=flag:
                                    changed.tokenizer["added_tokens"][at].update({flag: False}))
        return mixture

    def without_text(self, mixture):
        if len(mixture.requests) != 1:
            return mixture
        for place in range(len(mixture.requests[0]["texts"])):
            step = max(1, len(mixture.requests[0]["texts"][place]) // 2)
            while step:
                at = 0
                while at < len(mixture.requests[0]["texts"][place]):
                    def cut(changed, at=at, place=place, step=step):
                        text = changed.requests[0]["texts"][place]
                        changed.requests[0]["texts"][place] = text[:at] + text[at + step:]
                    smaller = self.kept(mixture, cut)
                    at += 0 if smaller is not mixture else step
                    mixture = smaller
                step //= 2
        return mixture


def described(mixture, outcome):
    """The mixture without its vocabulary, but for the tokens whose ids the difference names."""
    tokenizer = copy.deepcopy(mixture.tokenizer)
    vocabulary = tokenizer["model"].pop("vocab")
    if isinstance(vocabulary, list):
        vocabulary = {token: number for number, (token, _) in enumerate(vocabulary)}
    tokenizer["model"].pop("merges", None)
    names = {number: token for token, number in vocabulary.items() if re.search(rf"\b{number}\b", outcome.message)}
    parts = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in tokenizer.items()
             if key not in ("version", "truncation", "padding", "decoder")]
    return "\n".join([*parts, f"ids: {names}" if isinstance(vocabulary, dict) else "", outcome.message])
