"""The programs that take part: started once, then asked for one pass at a time."""

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass, field

from comparison.problem import ProblemError

HERE = pathlib.Path(__file__).resolve().parent.parent
PRECISIONS = ("f32", "bf16", "int8")


@dataclass
class Peer:
    name: str
    command: list
    keep: tuple = ()
    seconds: list = field(default_factory=list)
    process: subprocess.Popen = None
    description: dict = field(default_factory=dict)

    def start(self):
        # Threads of OpenMP that wait actively would take the processors from the program whose turn it is.
        try:
            self.process = subprocess.Popen(list(map(str, self.command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            encoding="utf-8", env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        except OSError as error:
            raise ProblemError(f"{self.name}: cannot start {self.command[0]}: {error.strerror}") from None
        self.description = self.answer()

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says with which status the program ended
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise ProblemError(f"{self.name}: {self.command[0]} ended with status {self.process.wait()}")
        return json.loads(line)

    def stop(self):
        if self.process:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended already, with a line of ours unread
            self.process.wait()


def runtime_peers(options, problem, problem_file, model):
    """Of each precision and share kept, the builds one after the other."""
    common = ["--model", model, "--problem", problem_file, "--threads", options.threads]
    if problem.texts:
        common.append("--tokenize")
    builds = [("", options.build), *((f" of {build}", build) for build in options.other_builds)]
    peers = []

    def add(name, arguments, keep=()):
        for of_build, build in builds:
            program = build / "bin" / "benchmarks" / "runtime_peer"
            peers.append(Peer(f"Transkimmer{of_build} {name}", [program, *common, *arguments], keep))

    for precision in options.precisions:
        add(precision, ["--precision", precision])
        for profile in problem.keep:
            add(f"{precision}, keeps {profile.name}",
                ["--precision", precision, "--keep", ",".join(map(str, profile.shares))], profile.shares)
    return peers


def other_peers(options, problem_file, model, onnx_models):
    peers = []
    program = options.build / "bin" / "benchmarks" / "libtorch_peer"
    if options.libtorch and program.exists():
        peers.append(Peer("libtorch f32", [program, "--model", model, "--problem", problem_file, "--threads",
                                           options.threads]))
    for precision, file in onnx_models.items():
        peers.append(Peer(f"ONNX Runtime {precision}", ["node", HERE / "onnxruntime_peer.mjs",
                                                        options.onnxruntime.resolve(), file, problem_file,
                                                        options.threads]))
    return peers


def largest_difference(logits, reference):
    return max(abs(a - b) for a, b in zip(logits, reference, strict=True))
