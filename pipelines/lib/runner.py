"""Runs one GStreamer pipeline to its end. Ctrl-C, SIGTERM and a source that fails all end it with
end-of-stream, so that every file it writes is whole."""
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)

STALL_SECONDS = 30  # a live source that gives nothing for so long has failed, or a file at its start (decodebin of
                    # GStreamer 1.22 loses a demuxer's error now and then)
FINISH_SECONDS = 20  # how long files may take to close after end-of-stream


class PipelineError(Exception):
    """What went wrong, in words for the person at the line."""


@dataclass
class Source:
    """Where frames come from. In the pipeline, the elements of source N are named source0, decode0 and, right behind
    them, inlet0; those of the next source1 ..."""
    name: str  # path or address, for messages
    live: bool  # whether frames come at the camera's pace
    frames: int = 0  # that have passed the inlet
    last_at: float = 0  # seconds, of the monotonic clock
    ended: bool = False


class Runner:
    """words: gst-launch words; limit: frames to take from each source, then its stream ends."""

    def __init__(self, words, sources, limit=None):
        try:
            self.pipeline = Gst.parse_launchv(list(words))
        except GLib.Error as error:
            raise PipelineError(f"cannot make the pipeline: {error.message}") from error
        self.sources, self._limit = sources, limit
        self.failure = None
        self.interrupted = False
        self.status_line = None  # () -> str, shown while it runs
        self._finishing = False
        self._said = set()
        self._loop = GLib.MainLoop()
        for index, source in enumerate(sources):
            self.probe(f"inlet{index}", "src", lambda _, pad, source=source: self._take(source, pad))

    @property
    def frames(self):
        return sum(source.frames for source in self.sources)

    def element(self, name):
        return self.pipeline.get_by_name(name)

    def probe(self, element, pad, on_buffer):
        """Calls on_buffer(buffer, pad) for every buffer that passes the element's pad; False keeps it back."""
        def passed(a_pad, info):
            try:
                keep = on_buffer(info.get_buffer(), a_pad)
            except Exception as error:  # would vanish in GStreamer's thread
                self.fail(f"{type(error).__name__}: {error}")
                keep = True
            return Gst.PadProbeReturn.DROP if keep is False else Gst.PadProbeReturn.OK
        self.element(element).get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, passed)

    def run(self):
        """Returns at the end; raises PipelineError after the files are closed."""
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self._on_message)
        watches = [GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, self._on_signal)
                   for number in (signal.SIGINT, signal.SIGTERM)]
        watches.append(GLib.timeout_add(1000, self._every_second))
        try:
            if self.pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
                self._drain(bus)
                self.failure = self.failure or "the pipeline does not start"
            else:
                for source in self.sources:
                    source.last_at = time.monotonic()
                self._loop.run()
        finally:
            self.pipeline.set_state(Gst.State.NULL)
            for watch in watches:
                GLib.source_remove(watch)
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
        """Sends end-of-stream in behind the sources; harmless when called again."""
        if self._finishing:
            return
        self._finishing = True
        for index in range(len(self.sources)):
            # Waits for the frame in flight, so not on the main loop's thread.
            pad = self.element(f"inlet{index}").get_static_pad("sink")
            threading.Thread(target=pad.send_event, args=(Gst.Event.new_eos(),), daemon=True).start()
        GLib.timeout_add_seconds(FINISH_SECONDS, self._give_up)

    def say(self, text):
        self._clear_status()
        print(text, file=sys.stderr, flush=True)

    # ------------------------------------------------------------------------------------ inside

    def _take(self, source, pad):
        if source.frames == self._limit:
            if not source.ended:
                source.ended = True
                pad.push_event(Gst.Event.new_eos())
            return False
        source.frames += 1
        source.last_at = time.monotonic()
        return True

    def _quit(self):
        GLib.idle_add(self._loop.quit)  # also right when the loop does not run yet

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
        for source in self.sources:
            waited = time.monotonic() - source.last_at
            if waited > STALL_SECONDS and not self._finishing and not source.ended:
                if source.live:
                    self.fail(f"{source.name}: no frame for {STALL_SECONDS} s; is the camera still there?")
                elif not source.frames:
                    self.fail(f"{source.name}: expected a video, found no frame within {STALL_SECONDS} s")
        if self.status_line and sys.stderr.isatty():
            print(f"\r\033[K{self.status_line()}", end="", file=sys.stderr, flush=True)
        return GLib.SOURCE_CONTINUE

    def _clear_status(self):
        if self.status_line and sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _drain(self, bus):
        while message := bus.pop_filtered(Gst.MessageType.ERROR):
            self._on_message(bus, message)

    def _on_message(self, _bus, message):
        if message.type == Gst.MessageType.EOS:
            self._quit()
        elif message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            if self._is_closed_window(message.src, error):
                self.finish()
            else:
                self.fail(self._explain(message.src, error, debug or ""))
        elif message.type in (Gst.MessageType.WARNING, Gst.MessageType.INFO):
            warning = message.type == Gst.MessageType.WARNING
            error, _ = message.parse_warning() if warning else message.parse_info()
            if error.message not in self._said:
                self._said.add(error.message)
                self.say(f"{'warning: ' if warning else ''}{error.message}")

    def _is_closed_window(self, element, error):
        return _factory(element).endswith("imagesink") and error.matches(Gst.ResourceError.quark(),
                                                                         Gst.ResourceError.NOT_FOUND)

    def _explain(self, element, error, debug):
        detail = " ".join(debug.strip().splitlines()[1:])  # the first line says where in the code
        text = f"{error.message} {detail}".rstrip() if detail not in error.message else error.message
        outermost = element
        while outermost.get_parent() not in (self.pipeline, None):
            outermost = outermost.get_parent()
        match = re.fullmatch(r"(?:source|decode)(\d+)", outermost.get_name())
        if not match:
            return text if _factory(element).startswith("anomaly") else f"{element.get_name()}: {text}"
        name = self.sources[int(match[1])].name
        if _factory(outermost) == "rtspsrc":
            return (f"{name}: cannot read this stream: {text}; check the address, the user and password, and that the "
                    "camera can be reached from here")
        if _factory(outermost) == "v4l2src":
            return f"{name}: {text}; is another program using the camera?"
        return f"{name}: expected a video that GStreamer can decode, found something else or a damaged file: {text}"


def _factory(element):
    return element.get_factory().get_name() if isinstance(element, Gst.Element) and element.get_factory() else ""
