"""Pixels of a GStreamer buffer as an OpenCV image."""
import cv2
import numpy as np
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstVideo  # noqa: E402


def to_bgr(buffer, pad):
    """The picture of an I420 (of even size) or BGR buffer that passes pad, [H, W, 3]."""
    info = GstVideo.VideoInfo.new_from_caps(pad.get_current_caps())
    layout = GstVideo.buffer_get_video_meta(buffer) or info
    ok, mapped = buffer.map(Gst.MapFlags.READ)
    if not ok:
        raise RuntimeError("a frame cannot be read")
    try:
        data = np.frombuffer(mapped.data, np.uint8)

        def plane(index, height, row_bytes):
            return np.lib.stride_tricks.as_strided(data[layout.offset[index]:], (height, row_bytes),
                                                   (layout.stride[index], 1))
        if info.finfo.name == "BGR":
            return plane(0, info.height, 3 * info.width).reshape(info.height, info.width, 3).copy()
        half = info.height // 2, info.width // 2
        planes = [plane(0, info.height, info.width), plane(1, *half), plane(2, *half)]
        packed = np.concatenate([p.reshape(-1) for p in planes]).reshape(info.height * 3 // 2, info.width)
        return cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420)
    finally:
        buffer.unmap(mapped)
