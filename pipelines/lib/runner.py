"""Runs one GStreamer pipeline to its end. Ctrl-C, SIGTERM and a source that fails all end it with
end-of-stream, so that every file it writes is whole."""
import signal
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)

STALL_SECONDS = 30  # a live source that gives nothing for so long has failed, or a file at its start (decodebin of
                    # GStreamer 1.22 loses a demuxer's error now and then)
FINISH_SECONDS = 20  # how long files may take to close after end-of-stream


class PipelineError(Exception):
    """What went wrong, in words for the person at the line."""


class Runner:
    """One pipeline with an element named `inlet` right behind its source.

    words: gst-launch words; input_name: for messages; live: whether frames come at the camera's pace.
    """

    def __init__(self, words, input_name, live=False, quiet=False):
        try:
            self.pipeline = Gst.parse_launchv(list(words))
        except GLib.Error as error:
            raise PipelineError(f"cannot make the pipeline: {error.message}") from error
        self.input_name, self.live, self.quiet = input_name, live, quiet
        self.frames = 0  # that have come out of the source
        self.failure = None
        self.interrupted = False
        self.status_line = None  # () -> str, shown while it runs
        self.on_element_message = None  # (GstMessage) -> None
        self._finishing = False
        self._last_frame_at = None
        self._said = set()
        self._loop = GLib.MainLoop()
        self.probe("inlet", "src", self._count)

    def element(self, name):
        return self.pipeline.get_by_name(name)

    def probe(self, element, pad, on_buffer):
        """Calls on_buffer(buffer, pad) for every buffer that passes the element's pad."""
        def passed(a_pad, info):
            try:
                on_buffer(info.get_buffer(), a_pad)
            except Exception as error:  # would vanish in GStreamer's thread
                self.fail(f"{type(error).__name__}: {error}")
            return Gst.PadProbeReturn.OK
        self.element(element).get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, passed)

    def run(self):
        """Returns at the end; raises PipelineError after the files are closed."""
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self._on_message)
        sources = [GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, self._on_signal)
                   for number in (signal.SIGINT, signal.SIGTERM)]
        sources.append(GLib.timeout_add(1000, self._every_second))
        try:
            if self.pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
                self._drain(bus)
                self.failure = self.failure or "the pipeline does not start"
            else:
                self._last_frame_at = time.monotonic()
                self._loop.run()
        finally:
            self.pipeline.set_state(Gst.State.NULL)
            for source in sources:
                GLib.source_remove(source)
            bus.remove_signal_watch()
            self._clear_status()
        if self.failure:
            raise PipelineError(self.failure)

    def fail(self, reason):
        """Ends the run as failed, but lets what has been recorded close."""
        self.failure = self.failure or reason
        if self.frames:
            self.finish()
        else:
            self._quit()

    def finish(self):
        """Sends end-of-stream in behind the source; harmless when called again."""
        if self._finishing:
            return
        self._finishing = True
        # Waits for the frame in flight, so not on the main loop's thread.
        pad = self.element("inlet").get_static_pad("sink")
        threading.Thread(target=pad.send_event, args=(Gst.Event.new_eos(),), daemon=True).start()
        GLib.timeout_add_seconds(FINISH_SECONDS, self._give_up)

    def say(self, text):
        self._clear_status()
        print(text, file=sys.stderr, flush=True)

    # ------------------------------------------------------------------------------------ inside

    def _quit(self):
        GLib.idle_add(self._loop.quit)  # also right when the loop does not run yet

    def _count(self, _buffer, _pad):
        self.frames += 1
        self._last_frame_at = time.monotonic()

    def _on_signal(self):
        if self.interrupted or not self.frames:
            self.failure = self.failure or "stopped before the end; files may be incomplete"
            self._quit()
        else:
            self.say("ending (Ctrl-C again: at once)")
            self.interrupted = True
            self.finish()
        return GLib.SOURCE_CONTINUE

    def _give_up(self):
        self.failure = self.failure or f"no end within {FINISH_SECONDS} s; files may be incomplete"
        self._quit()
        return GLib.SOURCE_REMOVE

    def _every_second(self):
        waited = time.monotonic() - (self._last_frame_at or time.monotonic())
        if waited > STALL_SECONDS and not self._finishing and (self.live or not self.frames):
            self.fail(f"{self.input_name}: " + (f"no frame for {STALL_SECONDS} s; is the camera still there?" if self.live
                                                else f"expected a video, found no frame within {STALL_SECONDS} s"))
        elif self.status_line and not self.quiet and sys.stderr.isatty():
            print(f"\r\033[K{self.status_line()}", end="", file=sys.stderr, flush=True)
        return GLib.SOURCE_CONTINUE

    def _clear_status(self):
        if self.status_line and not self.quiet and sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _drain(self, bus):
        while message := bus.pop_filtered(Gst.MessageType.ERROR):
            self._on_message(bus, message)

    def _on_message(self, _bus, message):
        if message.type == Gst.MessageType.EOS:
            self._quit()
        elif message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            self.fail(self._explain(message.src, error, debug or ""))
        elif message.type in (Gst.MessageType.WARNING, Gst.MessageType.INFO):
            warning = message.type == Gst.MessageType.WARNING
            error, _ = message.parse_warning() if warning else message.parse_info()
            if error.message not in self._said:
                self._said.add(error.message)
                self.say(f"{'warning: ' if warning else ''}{error.message}")
        elif message.type == Gst.MessageType.ELEMENT and self.on_element_message:
            self.on_element_message(message)

    def _explain(self, element, error, debug):
        factory = element.get_factory().get_name() if isinstance(element, Gst.Element) else ""
        detail = " ".join(debug.strip().splitlines()[1:])  # the first line says where in the code
        if factory.startswith("anomaly"):
            return error.message + (f"\n  {detail}" if detail and detail not in error.message else "")
        if self._is_behind_inlet(element):
            return f"{element.get_name()}: {error.message} {detail}".rstrip()
        if factory == "rtspsrc":
            return (f"{self.input_name}: cannot read this stream: {error.message} {detail}; check the address, "
                    "the user and password, and that the camera can be reached from here")
        if factory == "v4l2src":
            return f"{self.input_name}: {error.message} {detail}; is another program using the camera?"
        return (f"{self.input_name}: expected a video that GStreamer can decode, found something else or a damaged "
                f"file: {error.message}")

    def _is_behind_inlet(self, element):
        """Whether the element stands after the inlet: then it is not the source's fault."""
        while element and element.get_parent() not in (self.pipeline, None):
            element = element.get_parent()
        seen, queue = set(), [self.element("inlet")]
        while queue:
            here = queue.pop()
            if here == element:
                return True
            seen.add(here.get_name())
            for pad in here.srcpads:
                peer = pad.get_peer()
                if peer and peer.get_parent_element() and peer.get_parent_element().get_name() not in seen:
                    queue.append(peer.get_parent_element())
        return False
