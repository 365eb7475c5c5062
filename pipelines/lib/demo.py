"""The main job, run by demo.sh: inspects a source and writes annotated.mp4, results.jsonl and summary.png."""
import argparse
import os
import shutil
import sys
import time

from runner import PipelineError, Runner, Source
from canvas import FIT, FRAME, Canvas
from images import feed_images
from records import Records
from report import print_facts
from synthetic import SyntheticLine
from summary import Facts, draw_summary
from worst import WorstFrames

GAP_SECONDS = 1.5  # a part on the belt is in view for about so long
RECORDING = f"""{FIT} ! anomalyoverlay name=draw overlay=both ! {FRAME}
    ! queue max-size-buffers=8 max-size-bytes=0 max-size-time=0
    ! x264enc pass=qual quantizer=21 speed-preset=veryfast bframes=0 key-int-max=50 ! video/x-h264,profile=high
    ! h264parse name=encoded ! mp4mux ! filesink""".split()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--source", nargs=2, metavar=("KIND", "NAME"), required=True, help="folder, video or live; path")
    parser.add_argument("--title", required=True)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--synthetic", help="folder of the synthetic line, which is deleted at the end")
    parser.add_argument("--zone", type=lambda words: tuple(map(int, words.split(","))),
                        help="x,y,w,h of a frame: where the synthetic line is inspected")
    parser.add_argument("words", nargs="+", help="gst-launch words of the source and of the inspecting elements")
    options = parser.parse_args()
    options.kind, options.input = options.source
    try:
        return Demo(options).run()
    except (PipelineError, OSError) as error:
        print(f"demo.sh: {error}", file=sys.stderr)
        return 1
    finally:
        if options.synthetic:
            shutil.rmtree(options.synthetic, ignore_errors=True)


class Demo:
    def __init__(self, options):
        self._options = options
        self._line = SyntheticLine(options.synthetic, options.zone) if options.synthetic else None
        self._film, self._results, self._summary = (
            os.path.join(options.out, name) for name in ("annotated.mp4", "results.jsonl", "summary.png"))
        self._partial_film = self._film + ".partial"  # takes its name when it is whole
        self._drawn, self._encoded, self._first_at, self._last_at = 0, 0, None, None

    def run(self):
        """Returns the exit code."""
        _remove(self._film, self._results, self._summary, self._partial_film)
        runner = self._make_runner()
        if self._line:
            self._line.change_over(runner)
        Canvas(runner, resize=self._is_folder())
        worst = WorstFrames(runner, gap=0 if self._is_folder() else GAP_SECONDS)
        feeder = feed_images(runner, self._options.input, self._options.frames) if self._is_folder() else None
        failure = self._run_to_the_end(runner, feeder)
        os.replace(self._partial_film, self._film)

        records = Records(self._results)
        if feeder:
            records.add_images(feeder.names)
        title = self._options.title
        if self._line:
            title += ": " + self._line.describe(records)
        draw_summary(self._summary, Facts(title, self._rate(), records, feeder.names if feeder else None, worst.best(6)))
        print_facts(title, records, self._rate(), [self._film, self._results, self._summary])
        return self._report_problems(records, feeder, failure)

    def _is_folder(self):
        return self._options.kind == "folder"

    def _make_runner(self):
        words = [*self._options.words, "!", *RECORDING, f"location={self._partial_film}"]
        # Images are counted where they are read.
        runner = Runner(words, [Source(self._options.input, self._options.kind == "live")],
                        None if self._is_folder() else self._options.frames)
        runner.status_line = lambda: f"{self._drawn} frames, {self._rate():.1f} frames/s"
        runner.probe("draw", "src", self._count_drawn)
        runner.probe("encoded", "src", self._count_encoded)
        return runner

    def _run_to_the_end(self, runner, feeder):
        """Returns what went wrong after the first frames, or None; raises when there is nothing to show."""
        failure = None
        try:
            runner.run()
        except PipelineError as error:
            failure = error
        if feeder:
            feeder.join()
        if not self._drawn:
            _remove(self._partial_film, self._results)
            raise failure or PipelineError(feeder.why_nothing() if feeder else
                                           f"{self._options.input}: it ended before the first frame")
        return failure

    def _count_drawn(self, _buffer, _pad):
        self._last_at = time.monotonic()
        self._first_at = self._first_at or self._last_at
        self._drawn += 1

    def _count_encoded(self, _buffer, _pad):
        self._encoded += 1

    def _rate(self):
        elapsed = (self._last_at or 0) - (self._first_at or 0)
        return (self._drawn - 1) / elapsed if elapsed > 0 else float("nan")

    def _report_problems(self, records, feeder, failure):
        """Every frame must have a record and a picture in the film."""
        problems = [str(failure)] if failure else []
        if feeder and feeder.broken:
            problems.append(feeder.what_is_broken())
        complete = not feeder or feeder.interrupted or len(feeder.names) == len(records)
        if not complete or not self._drawn == len(records) == self._encoded:
            problems.append(f"frames are missing: {self._drawn} inspected, {len(records)} recorded, "
                            f"{self._encoded} in {self._film}")
        if self._line:
            problems += self._line.problems(records)
        for problem in problems:
            print(f"demo.sh: {problem}", file=sys.stderr)
        return 1 if problems else 0


def _remove(*paths):
    for path in paths:
        if os.path.exists(path):
            os.remove(path)


if __name__ == "__main__":
    sys.exit(main())
