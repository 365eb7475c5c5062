"""Which parts of the synthetic line were flagged, against what the line knows about each."""
import json


def describe_parts(truth, records, zone):
    """truth: path of the JSON lines that `anomalyclip synth --video` writes; zone: (x, y, w, h) that is inspected.
    A part is judged by the frames that show all of it in the zone, and flagged when any of them is anomalous."""
    defective, flagged = {}, set()
    with open(truth, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["frame"] < len(records) and _within(line["box"], zone):
                defective[line["part"]] = line["defective"]
                if records.verdicts[line["frame"]] == "anomalous":
                    flagged.add(line["part"])
    bad = {part for part in defective if defective[part]}
    good = defective.keys() - bad
    return (f"{len(flagged & bad)} of {len(bad)} bad parts flagged, "
            f"{len(flagged & good)} of {len(good)} good ones")


def _within(box, zone):
    x, y, w, h = zone
    return x <= box["x"] and box["x"] + box["w"] <= x + w and y <= box["y"] and box["y"] + box["h"] <= y + h
