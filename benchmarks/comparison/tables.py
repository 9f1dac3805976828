"""Tables of docs/benchmarks.md from docs/measurements/comparisons/*.json."""

import re
import statistics

MARK = re.compile(r"(<!-- comparison: ([\w-]+) -->)\n.*?(<!-- end -->)", re.DOTALL)


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def row(peer, peers):
    low, median, high = (1000 * value for value in quartiles(peer["seconds"]))
    cells = [peer["name"], f"{median:.2f}", f"{low:.2f} to {high:.2f}"]
    cells += [f"{baseline['median'] * 1000 / median:.2f}" for baseline in baselines(peers)]
    if "macs" in peer and peer.get("keep"):
        ratio = peer["dense_macs"] / peer["macs"]
        dense = next(one for one in peers if one["name"] == peer["name"].split(",")[0])
        cells += [f"{ratio:.2f}", f"{dense['median'] * 1000 / median / ratio:.2f}"]
    else:
        cells += ["", ""]
    return cells


def baselines(peers):
    """Those whom the others are compared with: all programs that are not ours."""
    return [peer for peer in peers if not peer["name"].startswith("Transkimmer")]


def with_medians(peers):
    return [{**peer, "median": statistics.median(peer["seconds"])} for peer in peers]


def table(result):
    peers = with_medians(result["peers"])
    header = ["", "ms, median", "quartiles", *(f"times as fast as {peer['name']}" for peer in baselines(peers)),
              "MACs ratio, dense over skimmed", "time ratio over MACs ratio"]
    lines = [header, ["---"] * len(header), *(row(peer, peers) for peer in peers)]
    facts = (f"{result['comment']} {result['sequences']} sequences, {result['tokens']} tokens, batch {result['batch']}; "
             f"{result['threads']} threads; {result['hardware']}; {result['rounds']} rounds in turn.")
    return facts + "\n\n" + "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def without_place(path, names):
    """Those of the names whose tables have no marks in the page."""
    places = {match[2] for match in MARK.finditer(path.read_text(encoding="utf-8"))}
    return [name for name in names if name not in places]


def fill(path, results):
    """Replaces the tables between their marks; those that were not measured stay."""
    old = path.read_text(encoding="utf-8")
    new = MARK.sub(lambda match: f"{match[1]}\n{table(results[match[2]])}\n{match[3]}" if match[2] in results
                   else match[0], old)
    if new != old:
        path.write_text(new, encoding="utf-8")
