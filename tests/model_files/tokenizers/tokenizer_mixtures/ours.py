"""Our tokenizers, in the process of dump_ids."""

import json
import subprocess


class Ours:
    """Jobs and results of tests/model_files/tokenizers/dump_ids.cc; each `send` is followed by one `receive`."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def send(self, job):
        json.dump(job, self.process.stdin, ensure_ascii=False)
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, job):
        self.send(job)
        return self.receive()


def byte_places(text):
    """For each character of a text and for its end, the byte at which it starts. In bytes that are no UTF-8 each part
    that Python's decoder replaces is one character."""
    data = text.encode() if isinstance(text, str) else text
    places = []
    at = 0
    while at < len(data):
        try:
            valid, invalid = data[at:].decode(), 0
        except UnicodeDecodeError as error:
            valid, invalid = data[at:at + error.start].decode(), error.end - error.start
        for character in valid:
            places.append(at)
            at += len(character.encode())
        if invalid:
            places.append(at)
            at += invalid
    return places + [len(data)]
