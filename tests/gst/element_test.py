"""The elements from Python: results from buffers and from the bus, prompts switched while it runs."""
import json
import os
import sys
import tempfile

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstAnomaly", "1.0")
from gi.repository import Gst, GstAnomaly  # noqa: E402

Gst.init(None)
folder = sys.argv[1]
os.environ["ANOMALYCLIP_DATA_DIR"] = folder

with tempfile.TemporaryDirectory() as out:
    results = os.path.join(out, "results.jsonl")
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=160,height=120 ! "
        f"anomalyclip name=inspect messages=all ! anomalypublish location={results} ! "
        "fakesink name=sink signal-handoffs=true")
    scores = []

    def on_frame(_sink, buffer, _pad):
        meta = GstAnomaly.buffer_get_anomaly_meta(buffer)
        data, width, height = meta.get_map()
        assert len(data.get_data()) == 4 * width * height
        scores.append(meta.get_score())

    pipeline.get_by_name("sink").connect("handoff", on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    messages = 0
    while True:
        message = pipeline.get_bus().timed_pop(20 * Gst.SECOND)
        assert message is not None, "no end of stream"
        if message.type == Gst.MessageType.ELEMENT and message.get_structure().get_name() == "anomaly":
            messages += 1
        assert message.type != Gst.MessageType.ERROR, message.parse_error()
        if message.type == Gst.MessageType.EOS:
            break
    stats = pipeline.get_by_name("inspect").get_property("stats")
    assert stats.get_value("frames-inspected") == 20
    pipeline.set_state(Gst.State.NULL)
    records = [json.loads(line) for line in open(results)]

assert messages == len(scores) == len(records) == 20, (messages, len(scores), len(records))
assert [r["frame"] for r in records] == list(range(20))
assert all(abs(r["score"] - s) < 1e-6 for r, s in zip(records, scores))
