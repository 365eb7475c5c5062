#!/usr/bin/env python3
"""Embeds anomalyclip in a program: reads score, verdict, regions and map from the frames and messages from the bus, and
switches to another product while the stream runs.

    inspect_video.py VIDEO [PROMPTS.safetensors]     after 25 frames the prompts change to the second file
"""
import sys
import threading

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstAnomaly", "1.0")
from gi.repository import Gst, GstAnomaly  # noqa: E402

FRAMES_BEFORE_SWITCH = 25

_output = threading.Lock()


def say(line):
    """Frames are reported by the streaming thread, messages by this one, and Python's standard output is not safe
    against two threads."""
    with _output:
        print(line, flush=True)


def on_frame(_pad, info):
    """Runs in the streaming thread, for every frame that has been inspected."""
    meta = GstAnomaly.buffer_get_anomaly_meta(info.get_buffer())
    if meta is None or meta.get_score() < 0:  # skipped or failed: no result
        return Gst.PadProbeReturn.OK

    line = f"frame {meta.get_frame_number()}: score {meta.get_score():.4f}"
    if meta.get_verdict() == GstAnomaly.AnomalyVerdict.ANOMALOUS:
        line += " ANOMALOUS"
    values, width, height = meta.get_map()
    if values:
        # Probability of "abnormal", [height, width].
        anomaly_map = np.frombuffer(values.get_data(), np.float32).reshape(height, width)
        row, column = np.unravel_index(anomaly_map.argmax(), anomaly_map.shape)
        line += f", map {width}x{height} up to {anomaly_map.max():.4f} in row {row}, column {column}"
    line += f", {meta.get_n_regions()} regions"
    if meta.get_n_regions():
        worst = meta.get_region(0)
        line += f", the worst at {worst.x:.0f},{worst.y:.0f} of {worst.width:.0f}x{worst.height:.0f} pixels"
    say(line)
    return Gst.PadProbeReturn.OK


def run(pipeline, other_prompts):
    """Reads the bus to the end of the stream. Returns the program's exit code."""
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING | Gst.MessageType.ELEMENT
    inspected = 0
    while True:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
        if message.type == Gst.MessageType.EOS:
            return 0
        if message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            print(f"{error.message} ({debug})", file=sys.stderr)
            return 1
        if message.type == Gst.MessageType.WARNING:
            print(message.parse_warning()[0].message, file=sys.stderr)
            continue
        # `anomaly` for a frame, `anomaly-prompts` when new prompts have taken over.
        say(f"message {message.get_structure().to_string()}")
        if message.has_name("anomaly"):
            inspected += 1
            if inspected == FRAMES_BEFORE_SWITCH and other_prompts:
                # The file is checked first; a bad one leaves the old in place and posts a warning.
                pipeline.get_by_name("inspect").set_property("prompts", other_prompts)


def main():
    if len(sys.argv) not in (2, 3):
        print(f"usage: {sys.argv[0]} VIDEO [PROMPTS.safetensors]", file=sys.stderr)
        return 2
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "filesrc name=file ! decodebin ! videoconvert ! anomalyclip name=inspect messages=all ! fakesink name=end")
    pipeline.get_by_name("file").set_property("location", sys.argv[1])
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        return run(pipeline, sys.argv[2] if len(sys.argv) == 3 else None)
    finally:
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main())
