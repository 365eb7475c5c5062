"""Which parts of the synthetic line were flagged, against what the line knows about each."""
import json
from collections import defaultdict


def describe_parts(truth, records):
    """truth: path of the JSON lines that `anomalyclip synth --video` writes. A part is flagged when an anomalous frame
    has a region whose centre lies on it; parts that were never half in view do not count."""
    defective, seen, flagged = {}, defaultdict(float), set()
    with open(truth, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["frame"] >= len(records):
                break
            defective[line["part"]] = line["defective"]
            seen[line["part"]] = max(seen[line["part"]], line["in_view"])
            record = records.all[line["frame"]]
            if record["verdict"] == "anomalous" and any(_on(line["box"], r) for r in record["regions"]):
                flagged.add(line["part"])
    counted = [part for part in defective if seen[part] >= 0.5]
    bad = [part for part in counted if defective[part]]
    good = [part for part in counted if not defective[part]]
    return (f"{len(flagged.intersection(bad))} of {len(bad)} bad parts flagged, "
            f"{len(flagged.intersection(good))} of {len(good)} good ones")


def _on(box, region):
    x, y = region["x"] + region["w"] / 2, region["y"] + region["h"] / 2
    return box["x"] <= x < box["x"] + box["w"] and box["y"] <= y < box["y"] + box["h"]
