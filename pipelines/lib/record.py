"""Records for days, run by record.sh: annotated video and results in segments, of which the newest are kept."""
import argparse
import os
import sys

from runner import PipelineError, Runner, Source, Gst
from canvas import FIT, FRAME, Canvas
from segments import ResultFiles, SegmentFolder, SegmentClock

RECORDING = f"""{FIT} ! anomalyoverlay overlay=both ! {FRAME}
    ! queue name=encode max-size-buffers=8 max-size-bytes=0 max-size-time=0
    ! x264enc pass=qual quantizer=23 speed-preset=veryfast bframes=0 key-int-max=100 rc-lookahead=10
    ! video/x-h264,profile=high ! h264parse ! splitmuxsink name=film muxer-factory=mp4mux async-finalize=true""".split()
# Fragments, written at once: after a power failure the segment can be played up to its last seconds.
FRAGMENTS = ["muxer-properties=properties,fragment-duration=(uint)1000",
             "sink-properties=properties,buffer-mode=(int)2"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--source", nargs=2, metavar=("KIND", "NAME"), required=True, help="video or live; its path")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--segment", type=int, required=True, help="seconds")
    parser.add_argument("--keep", type=int, required=True, help="segments")
    parser.add_argument("words", nargs="+", help="gst-launch words of the source and of the inspecting elements")
    options = parser.parse_args()
    options.kind, options.input = options.source
    try:
        return Recording(options).run()
    except (PipelineError, OSError) as error:
        print(f"record.sh: {error}", file=sys.stderr)
        return 1


class Recording:
    def __init__(self, options):
        self._options = options
        self._folder = SegmentFolder(options.out, options.keep)
        self._clock = SegmentClock(options.segment * Gst.SECOND)
        self._results = ResultFiles(self._folder, self._clock)

    def run(self):
        """Returns the exit code."""
        options = self._options
        runner = Runner([*options.words, f"location={self._results.inlet}", "!", *RECORDING, *FRAGMENTS],
                        [Source(options.input, options.kind == "live")], options.frames)
        runner.status_line = lambda: f"{self._folder.path('segment', self._clock.index)}, {runner.frames} frames"
        self._results.on_closed = lambda index, counts: runner.say(
            f"{self._folder.path('segment', index)}: {counts['frames']} frames, {counts['anomalous']} anomalous")
        self._results.on_failure = runner.fail
        Canvas(runner, resize=False)
        self._film = runner.element("film")
        self._film.connect("format-location", lambda _, fragment: self._folder.open_segment(fragment))
        runner.probe("publish", "sink", self._clock.before_results)
        runner.probe("encode", "src", self._before_encoding)
        runner.say(f"recording to {options.out}: segments of {options.segment} s, the newest {options.keep} are kept; "
                   "Ctrl-C ends")
        self._results.start()
        try:
            runner.run()
        finally:
            self._results.close()
        if not runner.frames:
            raise PipelineError(f"{options.input}: it ended before the first frame")
        source = runner.sources[0]
        if source.live and not source.ended and not runner.interrupted:  # to GStreamer a lost connection is an end, too
            raise PipelineError(f"{options.input}: the camera ended the stream after {source.frames} frames")
        return 0

    def _before_encoding(self, buffer, pad):
        """Makes the encoder and the file begin a new segment exactly with this frame, if it is the first of one."""
        start = self._clock.segment_that_starts_at(buffer, pad)
        if start is None:
            return
        # Splits at the first key frame from then on: make this frame one.
        self._film.emit("split-at-running-time", start)
        pad.push_event(_force_key_unit(start))


def _force_key_unit(running_time):
    structure = Gst.Structure.new_from_string(
        f"GstForceKeyUnit, running-time=(guint64){running_time}, all-headers=(boolean)true, count=(uint)0")
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


if __name__ == "__main__":
    sys.exit(main())
