"""The synthetic line while it runs: each product is inspected with prompts of its own."""
import os

from parts import describe_parts, sightings


class SyntheticLine:
    """folder: truth.jsonl, and product-N.safetensors for each run N; zone: (x, y, w, h) that is inspected."""

    def __init__(self, folder, zone):
        self._folder = folder
        self._seen = sightings(os.path.join(folder, "truth.jsonl"), zone)

    def change_over(self, runner):
        """Switches the prompts while the pipeline runs, as soon as the last part of a product has left the zone."""
        element = runner.element("inspect")
        pending = changeovers(self._seen)
        frame = 0

        def on_frame(_buffer, _pad):
            nonlocal frame
            if pending and pending[0][0] <= frame:
                element.set_property("prompts", os.path.join(self._folder, _prompts_of(pending.pop(0)[1])))
            frame += 1

        runner.probe("inspect", "sink", on_frame)

    def describe(self, records):
        return describe_parts(self._seen, records)

    def problems(self, records):
        """A part that was judged with another product's prompts has no verdict worth counting."""
        wrong = sorted({sighting.part for sighting in self._seen
                        if sighting.frame < len(records)
                        and os.path.basename(records.all[sighting.frame]["prompts"]) != _prompts_of(sighting.run)})
        return [f"parts {wrong} were inspected with another product's prompts"] if wrong else []


def changeovers(seen):
    """[(frame, run)]: where the prompts of a run take over; the first run has them from the start."""
    changes, run, free_from = [], 0, 0
    for sighting in seen:
        if sighting.run != run:
            run = sighting.run
            changes.append((free_from, run))
        free_from = sighting.frame + 1
    return changes


def _prompts_of(run):
    return f"product-{run}.safetensors"
