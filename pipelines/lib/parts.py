"""Which parts of the synthetic line were flagged, against what the line knows about each."""
import json
from dataclasses import dataclass


@dataclass
class Sighting:
    """A frame that shows all of a part in the zone."""
    frame: int
    part: int
    run: int  # number of its product
    defective: bool


def sightings(truth, zone):
    """truth: path of the JSON lines that `anomalyclip synth --video` writes; zone: (x, y, w, h) that is inspected.
    A list, by frame."""
    with open(truth, encoding="utf-8") as lines:
        return [Sighting(line["frame"], line["part"], line["run"], line["defective"])
                for line in map(json.loads, lines) if _within(line["box"], zone)]


def describe_parts(seen, records):
    """A part is judged by the frames that show all of it in the zone, and flagged when any of them is anomalous."""
    seen = [sighting for sighting in seen if sighting.frame < len(records)]
    bad = {sighting.part for sighting in seen if sighting.defective}
    good = {sighting.part for sighting in seen} - bad
    flagged = {sighting.part for sighting in seen if records.verdicts[sighting.frame] == "anomalous"}
    return (f"{len(flagged & bad)} of {len(bad)} bad parts flagged, "
            f"{len(flagged & good)} of {len(good)} good ones")


def _within(box, zone):
    x, y, w, h = zone
    return x <= box["x"] and box["x"] + box["w"] <= x + w and y <= box["y"] and box["y"] + box["h"] <= y + h
