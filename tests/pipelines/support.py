"""What the tests of pipelines/ share: running a script, making media, counting frames."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
PIPELINES = os.path.join(os.path.dirname(__file__), "..", "..", "pipelines")
TIMEOUT = 150  # seconds, of one script; a hung one must not look like a slow one


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.out = self.path("out")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, script, *arguments):
        """The script as a process; at the end of the test it is gone."""
        process = subprocess.Popen([os.path.join(PIPELINES, script), *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def finish(self, process, code=0):
        """Waits for the process and asserts its exit code; returns (standard output, standard error)."""
        out, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, code, f"{process.args}\n{out}\n{err}")
        return out, err

    def run_script(self, script, *arguments, code=0):
        return self.finish(self.start(script, *arguments), code)

    def interrupt(self, process, when, number=signal.SIGINT):
        """Presses Ctrl-C (or sends another signal) once when() is true."""
        deadline = time.monotonic() + TIMEOUT
        while not when():
            self.assertIsNone(process.poll(), "it ended too early")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        process.send_signal(number)

    def assert_refused(self, script, *arguments, code, says):
        """The script ends with this code and a message that holds these words."""
        _, err = self.run_script(script, *arguments, code=code)
        for words in says if isinstance(says, (list, tuple)) else [says]:
            self.assertIn(words, err)
        self.assertNotIn("Traceback", err)


def records_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def line_count(path):
    if not os.path.exists(path):
        return 0
    with open(path, "rb") as file:
        return file.read().count(b"\n")


def launch(description):
    """Runs a pipeline to its end and returns it, stopped."""
    pipeline = Gst.parse_launch(description)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(f"{description}: {message and message.parse_error()}")


def make_video(path, frames=40, size=(320, 240), pattern="ball"):
    launch(f"videotestsrc num-buffers={frames} pattern={pattern} ! video/x-raw,width={size[0]},height={size[1]},"
           f"framerate=25/1 ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=\"{path}\"")


def make_image(path, size=(160, 120), seed=0):
    """An image [H, W, 3] of coloured noise in big patches, written by OpenCV."""
    import cv2
    os.makedirs(os.path.dirname(path), exist_ok=True)
    patches = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    assert cv2.imwrite(path, cv2.resize(patches, size))


def decoded_frames(path):
    """How many frames a player gets out of the file."""
    count = 0

    def on_frame(_pad, _info):
        nonlocal count
        count += 1
        return Gst.PadProbeReturn.OK
    pipeline = Gst.parse_launch(f"filesrc location=\"{path}\" ! qtdemux ! h264parse ! avdec_h264 ! fakesink name=end")
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(f"{path}: {message and message.parse_error()}")
    return count


class RtspServer:
    """A camera on the loopback interface; address: where."""

    def __init__(self, frames=100000):
        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import GstRtspServer
        self._context = GLib.MainContext()
        self._loop = GLib.MainLoop(self._context)
        self._server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( videotestsrc is-live=true num-buffers={frames} pattern=ball ! "
                           "video/x-raw,width=320,height=240,framerate=25/1 ! x264enc tune=zerolatency key-int-max=10 "
                           "! rtph264pay name=pay0 pt=96 )")
        self._server.get_mount_points().add_factory("/camera", factory)
        self._server.attach(self._context)
        self.address = f"rtsp://127.0.0.1:{self._server.get_bound_port()}/camera"
        threading.Thread(target=self._loop.run, daemon=True).start()


def main():
    unittest.main(verbosity=2, argv=sys.argv[:1])
