"""A folder of images as a stream: every readable image is one buffer with its own size and its own pixels."""
import os
import re
import threading

import cv2
import numpy as np
from gi.repository import Gst

from report import listed
from runner import PipelineError

EXTENSIONS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}  # as `anomalyclip score`
IMAGES_PER_SECOND = 2  # of stream time
MASKS = "ground_truth"  # by convention the masks of a data set, not pictures of parts


class ImageList:
    """files: paths below root, in the order in which people count (2 before 10); left_out: how many masks."""

    def __init__(self, path):
        self.left_out = 0
        if os.path.isfile(path):
            self.root, self.files = os.path.dirname(path) or ".", [os.path.basename(path)]
            return
        self.root, self.files = path, []
        for folder, folders, files in os.walk(path, followlinks=True):
            images = [os.path.relpath(os.path.join(folder, file), path) for file in files
                      if os.path.splitext(file)[1].lower() in EXTENSIONS]
            if MASKS in os.path.relpath(folder, path).split(os.sep):
                self.left_out += len(images)
            else:
                self.files += images
        self.files.sort(key=_as_counted)


def _as_counted(path):
    """Folders in order, then 2 before 10."""
    return [[(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name)]
            for name in path.split(os.sep)]


def feed_images(runner, path, limit=None):
    """Starts to push the images at path (at most limit) into the runner's element `images`."""
    images = ImageList(path)
    if images.left_out:
        runner.say(f"{images.left_out} masks under {MASKS}/ are left out")
    if not images.files:
        raise PipelineError(f"'{path}': expected images (png, jpg, bmp, tif, webp, pgm, ppm) in this folder or below "
                            "it, found none")
    feeder = ImageFeeder(runner.element("images"), images, limit)
    feeder.start()
    return feeder


class ImageFeeder(threading.Thread):
    """names: of the images pushed so far, by frame number; broken: "name: reason" of those that could not be read;
    interrupted: the stream was ended from the other side."""

    def __init__(self, appsrc, images, limit):
        super().__init__(daemon=True)
        self.images, self.names, self.broken, self.interrupted = images, [], [], False
        self._appsrc, self._limit = appsrc, limit
        appsrc.set_property("format", Gst.Format.TIME)
        appsrc.set_property("block", True)
        appsrc.set_property("max-buffers", 4)
        appsrc.set_property("max-bytes", 0)
        appsrc.set_property("max-time", 0)

    def run(self):
        for name in self.images.files:
            if self._limit is not None and len(self.names) >= self._limit:
                break
            try:
                pixels = read_image(os.path.join(self.images.root, name))
            except ValueError as error:
                self.broken.append(f"{name}: {error}")
                continue
            self.names.append(name)
            if self._appsrc.emit("push-sample", self._sample(pixels, len(self.names) - 1)) != Gst.FlowReturn.OK:
                self.interrupted = True
                return
        self._appsrc.emit("end-of-stream")

    def what_is_broken(self):
        total = len(self.broken) + len(self.names)
        return f"{len(self.broken)} of {total} images cannot be read:\n{listed(self.broken)}"

    def why_nothing(self):
        return self.what_is_broken() if self.broken else "stopped before the first image"

    def _sample(self, pixels, index):
        height, width = pixels.shape[:2]
        caps = Gst.Caps.from_string(f"video/x-raw,format=BGR,width={width},height={height},"
                                    f"framerate={IMAGES_PER_SECOND}/1,pixel-aspect-ratio=1/1")
        stride = (3 * width + 3) // 4 * 4  # GStreamer's rows are whole words
        rows = np.zeros((height, stride), np.uint8)
        rows[:, :3 * width] = pixels.reshape(height, 3 * width)
        buffer = Gst.Buffer.new_wrapped(rows.tobytes())
        buffer.pts = index * Gst.SECOND // IMAGES_PER_SECOND
        buffer.duration = Gst.SECOND // IMAGES_PER_SECOND
        return Gst.Sample.new(buffer, caps, None, None)


def read_image(path):
    """The image as 8-bit BGR [H, W, 3], with the pixels that `anomalyclip score` inspects: no orientation tag is
    followed, alpha is dropped, 16-bit samples keep their upper byte.

    Raises ValueError, with the reason, when it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        if _is_cut_jpeg(data):
            raise ValueError("this JPEG image is cut short")
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except OSError as error:
        raise ValueError(error.strerror) from error
    except cv2.error as error:
        raise ValueError(error.err) from error
    if image is None:
        raise ValueError("not an image that can be decoded, or cut short" if data else "an empty file")
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.dtype != np.uint8:
        raise ValueError(f"expected samples of 8 or 16 bits, found {image.dtype}")
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(image[:, :, :3])


def _is_cut_jpeg(data):
    """libjpeg fills up with grey what is missing, and only prints a warning."""
    if not data.startswith(b"\xff\xd8\xff"):
        return False
    scan = data.rfind(b"\xff\xda")
    return scan < 0 or data.find(b"\xff\xd9", scan) < 0
