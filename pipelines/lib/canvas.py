"""Frames of any size into a film of one size, without touching what was inspected.

Chain: ... ! videoconvertscale name=fit add-borders=true ! capsfilter name=canvas ! (drawing, encoder). The first frame
decides the size of the canvas; every frame is scaled to fit into it, and the drawing comes after that, so that labels
and lines are as sharp in a small image as in a large one.
"""
from gi.repository import Gst

SHORTEST, LONGEST = 640, 1280  # pixels: bounds of the longer side for images


class Canvas:
    def __init__(self, runner, resize):
        """resize: bring the longer side between SHORTEST and LONGEST; else keep the source's size."""
        self._filter, self._resize = runner.element("canvas"), resize
        self.size = None  # width, height; known from the first frame on
        self.visible = None  # x, y, width, height of the present frame on the canvas; the rest is border
        runner.element("fit").get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._on_event)

    def _on_event(self, _pad, info):
        event = info.get_event()
        if event.type == Gst.EventType.CAPS:
            width, height = _displayed_size(event.parse_caps().get_structure(0))
            if self.size is None:
                self.size = self._size_for(width, height)
                self._filter.set_property("caps", Gst.Caps.from_string(
                    f"video/x-raw,format=I420,width={self.size[0]},height={self.size[1]},pixel-aspect-ratio=1/1"))
            scale = min(self.size[0] / width, self.size[1] / height)
            inner = max(1, int(width * scale)), max(1, int(height * scale))
            self.visible = ((self.size[0] - inner[0]) // 2, (self.size[1] - inner[1]) // 2, *inner)
        return Gst.PadProbeReturn.OK

    def _size_for(self, width, height):
        longer = max(width, height)
        scale = min(max(longer, SHORTEST), LONGEST) / longer if self._resize else 1
        return _even(width * scale), _even(height * scale)


def _displayed_size(structure):
    """Width and height in square pixels."""
    width, height = structure.get_value("width"), structure.get_value("height")
    known, numerator, denominator = structure.get_fraction("pixel-aspect-ratio")
    return (width * numerator / denominator if known and denominator else width), height


def _even(pixels):
    """H.264 with subsampled colour has no odd sizes."""
    return max(2, 2 * round(pixels / 2))
