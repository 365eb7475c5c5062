"""Keeps the pictures of the worst frames while they pass, in bounded memory."""
import cv2
import gi

gi.require_version("GstAnomaly", "1.0")
from gi.repository import Gst, GstAnomaly  # noqa: E402

from picture import to_bgr  # noqa: E402

KEPT = 48  # moments whose pictures are held, as JPEG


class WorstFrames:
    """The worst frame of each moment. One part stays in view for many frames: they count as one moment each `gap` s."""

    def __init__(self, runner, gap):
        """gap: seconds between frames that count as different moments; 0: every frame is one."""
        self._gap, self._moments, self._plain = gap, {}, None
        runner.probe("draw", "sink", self._before_drawing)
        runner.probe("draw", "src", self._after_drawing)

    def best(self, count):
        """[(frame number, plain BGR, annotated BGR)], worst first, none within a gap of another."""
        chosen = []
        for score, time, frame, plain, drawn in sorted(self._moments.values(), key=lambda m: -m[0]):
            if all(abs(time - other[0]) >= self._gap for other in chosen):
                chosen.append((time, frame, plain, drawn))
        return [(frame, _from_jpeg(plain), _from_jpeg(drawn)) for _, frame, plain, drawn in chosen[:count]]

    def _before_drawing(self, buffer, pad):
        meta = GstAnomaly.buffer_get_anomaly_meta(buffer)
        self._plain = None
        if meta is None or meta.get_status() != GstAnomaly.AnomalyStatus.INSPECTED:
            return
        time = buffer.pts / Gst.SECOND
        moment = meta.get_frame_number() if not self._gap else int(time / self._gap)
        if self._is_worse(moment, meta.get_score()):
            self._plain = (moment, meta.get_score(), time, meta.get_frame_number(), to_bgr(buffer, pad))

    def _after_drawing(self, buffer, pad):
        if self._plain is None:
            return
        moment, score, time, frame, plain = self._plain
        self._moments[moment] = (score, time, frame, _to_jpeg(plain), _to_jpeg(to_bgr(buffer, pad)))
        if len(self._moments) > KEPT:
            del self._moments[min(self._moments, key=lambda m: self._moments[m][0])]

    def _is_worse(self, moment, score):
        if moment in self._moments:
            return score > self._moments[moment][0]
        return len(self._moments) < KEPT or score > min(m[0] for m in self._moments.values())


def _to_jpeg(picture):
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]


def _from_jpeg(data):
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
