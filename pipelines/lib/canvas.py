"""Frames of any size into a film of one size, without touching what was inspected.

Chain: ... ! videoconvertscale name=fit ! capsfilter name=fitted ! (drawing) ! videoconvertscale add-borders=true !
capsfilter name=canvas ! encoder. The first frame decides the size of the canvas. Every frame is scaled to fit into it
before the drawing, so that labels and lines are as sharp in a small image as in a large one; borders come after it.
"""
from gi.repository import Gst

SHORTEST, LONGEST = 640, 1280  # pixels: bounds of the longer side for images
FIT = "videoconvertscale name=fit ! capsfilter name=fitted"
FRAME = "videoconvertscale add-borders=true ! capsfilter name=canvas"


class Canvas:
    def __init__(self, runner, resize):
        """resize: bring the longer side between SHORTEST and LONGEST; else keep the source's size."""
        self._fitted, self._canvas = runner.element("fitted"), runner.element("canvas")
        self._resize, self._size = resize, None
        runner.element("fit").get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._on_event)

    def _on_event(self, _pad, info):
        event = info.get_event()
        if event.type == Gst.EventType.CAPS:
            width, height = _displayed_size(event.parse_caps().get_structure(0))
            if self._size is None:
                self._size = self._size_for(width, height)
                self._canvas.set_property("caps", _caps(*self._size))
            scale = min(self._size[0] / width, self._size[1] / height)
            self._fitted.set_property("caps", _caps(_even(width * scale), _even(height * scale)))
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


def _caps(width, height):
    return Gst.Caps.from_string(f"video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1")
