"""GstAnomaly from Python: what an application that reads results does."""
import struct

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstAnomaly", "1.0")
from gi.repository import Gst, GstAnomaly  # noqa: E402

Gst.init(None)

frame = Gst.Buffer.new_allocate(None, 64 * 48 * 3, None)
meta = GstAnomaly.buffer_add_anomaly_meta(frame, GstAnomaly.AnomalyStatus.INSPECTED, 7)
meta.set_score(0.75, 0.5, GstAnomaly.AnomalyVerdict.ANOMALOUS)
meta.set_names("model.safetensors", "screws.safetensors")
region = GstAnomaly.AnomalyRegion()
region.x, region.y, region.width, region.height, region.score, region.area = 20, 10, 16, 8, 0.9, 100
meta.add_region(region)
values = Gst.Buffer.new_wrapped(struct.pack("=4f", 0.1, 0.2, 0.3, 0.4))
meta.set_map(values, 2, 2, 0, 0, 64, 48)

read = GstAnomaly.buffer_get_anomaly_meta(frame.copy())
assert read.get_status() == GstAnomaly.AnomalyStatus.INSPECTED
assert read.get_verdict() == GstAnomaly.AnomalyVerdict.ANOMALOUS
assert read.get_score() == read.score == 0.75
assert read.get_frame_number() == 7
assert read.get_prompts() == "screws.safetensors"
assert [read.get_region(i).width for i in range(read.get_n_regions())] == [16]
assert read.get_region(1) is None

data, width, height = read.get_map()
assert (width, height) == (2, 2)
assert [round(v, 6) for v in struct.unpack("=4f", data.get_data())] == [0.1, 0.2, 0.3, 0.4]
assert tuple(read.get_map_rectangle()) == (True, 0, 0, 64, 48)

structure = read.to_structure()
assert structure.get_name() == "anomaly"
assert structure.get_value("verdict") == "anomalous"

assert GstAnomaly.buffer_get_anomaly_meta(Gst.Buffer.new()) is None
