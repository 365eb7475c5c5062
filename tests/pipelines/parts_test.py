"""How the demo counts the synthetic line's parts, and when it changes over to another product's prompts."""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "pipelines", "lib"))
from parts import Sighting, describe_parts, sightings  # noqa: E402
from synthetic import changeovers  # noqa: E402

ZONE = (100, 0, 100, 100)


class Frames:
    """Records whose verdicts are these."""

    def __init__(self, verdicts):
        self.verdicts = verdicts

    def __len__(self):
        return len(self.verdicts)


def describe(verdicts, *parts):
    """parts: (defective, x of its box in every frame), each 40 pixels wide and high; "a": an anomalous frame."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as truth:
        for number, (defective, places) in enumerate(parts):
            for frame, x in enumerate(places):
                box = {"x": x, "y": 10, "w": 40, "h": 40}
                print(json.dumps({"part": number, "run": 0, "frame": frame, "defective": defective, "box": box}),
                      file=truth)
    try:
        return describe_parts(sightings(truth.name, ZONE), Frames(["anomalous" if v == "a" else "normal" for v in verdicts]))
    finally:
        os.remove(truth.name)


class Parts(unittest.TestCase):
    def test_one_anomalous_frame_flags_a_part(self):
        self.assertEqual(describe("nnan", (True, [100] * 4)), "1 of 1 bad parts flagged, 0 of 0 good ones")

    def test_normal_frames_flag_none(self):
        self.assertEqual(describe("nnnn", (True, [100] * 4)), "0 of 1 bad parts flagged, 0 of 0 good ones")

    def test_frames_that_do_not_show_all_of_it_in_the_zone_do_not_count(self):
        self.assertEqual(describe("annaa", (False, [99, 100, 160, 161, 300])),
                         "0 of 0 bad parts flagged, 0 of 1 good ones")

    def test_a_part_that_never_lay_in_the_zone_is_not_counted(self):
        self.assertEqual(describe("aa", (True, [0, 20]), (False, [110, 130])),
                         "0 of 0 bad parts flagged, 1 of 1 good ones")

    def test_truth_beyond_the_last_record_is_left_out(self):
        self.assertEqual(describe("n", (False, [100, 110])), "0 of 0 bad parts flagged, 0 of 1 good ones")


def seen(*frames_and_runs):
    return [Sighting(frame, part, run, False) for part, (frame, run) in enumerate(frames_and_runs)]


class Changeovers(unittest.TestCase):
    def test_there_is_none_on_a_line_of_one_product(self):
        self.assertEqual(changeovers(seen((3, 0), (4, 0), (9, 0))), [])

    def test_the_next_products_prompts_take_over_when_the_last_part_has_left_the_zone(self):
        self.assertEqual(changeovers(seen((3, 0), (4, 0), (9, 1), (15, 2))), [(5, 1), (10, 2)])

    def test_a_line_may_start_with_a_later_product(self):
        self.assertEqual(changeovers(seen((3, 1))), [(0, 1)])


if __name__ == "__main__":
    unittest.main()
