"""Scores a folder, run by folder.sh: results.jsonl, and every image with its heatmap."""
import argparse
import os
import shutil
import sys
import time

from runner import PipelineError, Runner, Source
import cv2
from images import feed_images
from picture import to_bgr
from records import Records
from report import print_facts

DRAWING = "videoconvert ! video/x-raw,format=BGR ! anomalyoverlay name=draw overlay=both ! fakesink sync=false"
SHOWN = 10


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--source", nargs=2, metavar=("KIND", "NAME"), required=True, help="folder; its path")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--heatmaps", action="store_true")
    parser.add_argument("words", nargs="+", help="gst-launch words of the source and of the inspecting elements")
    options = parser.parse_args()
    options.input = options.source[1]
    try:
        return Folder(options).run()
    except (PipelineError, OSError) as error:
        print(f"folder.sh: {error}", file=sys.stderr)
        return 1


class Folder:
    def __init__(self, options):
        self._options = options
        self._results = os.path.join(options.out, "results.jsonl")
        self._heatmaps = os.path.join(options.out, "heatmaps")
        self._started, self._done = time.monotonic(), 0

    def run(self):
        """Returns the exit code."""
        if os.path.exists(self._results):
            os.remove(self._results)
        shutil.rmtree(self._heatmaps, ignore_errors=True)
        end = DRAWING if self._options.heatmaps else "fakesink name=draw sync=false"
        runner = Runner([*self._options.words, "!", *end.split()], [Source(self._options.input, live=False)])
        runner.status_line = lambda: f"{self._done} of {len(feeder.images.files)} images"
        if self._options.heatmaps:
            runner.probe("draw", "src", self._save)
        runner.probe("draw", "sink", self._count)
        feeder = self._feeder = feed_images(runner, self._options.input, self._options.frames)
        runner.run()
        if not self._done:
            os.remove(self._results)
            raise PipelineError(feeder.why_nothing())
        records = Records(self._results)
        records.add_images(feeder.names)
        self._print(records)
        if feeder.broken:
            print(f"folder.sh: {feeder.what_is_broken()}", file=sys.stderr)
        return 1 if feeder.broken else 0

    def _count(self, _buffer, _pad):
        self._started = self._started if self._done else time.monotonic()
        self._done += 1

    def _save(self, buffer, pad):
        path = os.path.join(self._heatmaps, self._feeder.names[self._done - 1] + ".png")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not cv2.imwrite(path, to_bgr(buffer, pad)):
            raise OSError(f"cannot write {path}")

    def _print(self, records):
        elapsed = max(time.monotonic() - self._started, 1e-9)
        files = [self._results, self._heatmaps + os.sep][:2 if self._options.heatmaps else 1]
        print_facts(self._options.input, records, (len(records) - 1) / elapsed, files)
        print(f"\nworst {min(SHOWN, len(records))} of {len(records)}")
        for record in sorted((r for r in records.all if r["score"] is not None), key=lambda r: -r["score"])[:SHOWN]:
            print(f"{record['score']:.4f}  {record['verdict']:<10} {record['image']}")


if __name__ == "__main__":
    sys.exit(main())
