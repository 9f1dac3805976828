"""How near the engine comes to what the machine can do: the output of encoder_benchmark and kernel_benchmark."""

import json
import re

from comparison.problem import output_of

ENCODERS = {"encoder-text": ("--lengths", "16,128"), "encoder-batch": ("--batch", "32", "--lengths", "25")}
MARK = re.compile(r"(<!-- machine: ([\w-]+) -->)\n.*?(<!-- end -->)", re.DOTALL)


def output(options, program, *words):
    return output_of([options.build / "bin" / "benchmarks" / program, *words]).strip()


def kernel_row(one):
    rate = f"{one['items_per_second'] / 1e9:.3g}" if "of_peak" in one else ""
    gigabytes = f"{one['bytes_per_second'] / 1e9:.0f}" if "bytes_per_second" in one else ""
    fractions = (f"{100 * one[key]:.0f} %" if key in one else ""
                 for key in ("of_peak", "of_memory_bandwidth", "of_cache_bandwidth"))
    name = " ".join(part for part in (one["name"].removeprefix("bench_"), one.get("label", "")) if part)
    return [name, f"{one['real_time'] / 1000:.3g}", rate, gigabytes, *fractions]


def kernel_table(text):
    """The table of kernel_benchmark's JSON."""
    header = ["kernel", "µs", "G multiply-accumulates/s", "GB/s", "of peak", "of memory's bandwidth",
              "of copies in the cache"]
    rows = [kernel_row(one) for one in json.loads(text)["benchmarks"] if not one.get("error_occurred")]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, ["---"] * len(header), *rows])


def measure(options):
    """Texts by the name of their place in docs/benchmarks.md."""
    texts = {name: output(options, "encoder_benchmark", "--threads", options.threads, *words)
             for name, words in ENCODERS.items()}
    texts["kernels"] = kernel_table(output(options, "kernel_benchmark", "--benchmark_format=json",
                                           "--benchmark_min_time=0.1"))
    return texts


def fill(path, texts):
    """Replaces what stands between the marks of these texts."""
    old = path.read_text(encoding="utf-8")
    new = MARK.sub(lambda match: f"{match[1]}\n{texts[match[2]]}\n{match[3]}" if match[2] in texts else match[0], old)
    if new != old:
        path.write_text(new, encoding="utf-8")
