"""Segments of a recording: when one starts, where its files are, and which are deleted."""
import fcntl
import json
import os
import re
import threading

from gi.repository import Gst

from runner import PipelineError

NAME = re.compile(r"(segment|results)-(\d{6,})\.(mp4|jsonl)")
SUFFIX = {"segment": ".mp4", "results": ".jsonl"}


class SegmentFolder:
    """Numbers the files on from what an earlier recording left in the folder, and keeps the newest `keep` segments."""

    def __init__(self, folder, keep):
        self._folder, self._keep = folder, keep
        self._lock = open(os.path.join(folder, ".lock"), "w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PipelineError(f"another recording is writing to '{folder}'; give this one a folder of its own "
                                "(--out)") from error
        self._first = max(self._present(), default=-1) + 1

    def path(self, kind, number):
        """kind: `segment` or `results`; number: of the segment, from 0 in this recording."""
        return os.path.join(self._folder, f"{kind}-{self._first + number:06d}{SUFFIX[kind]}")

    def open_segment(self, number):
        """The path of the segment that begins now, after making room for it."""
        for old in self._present():
            if old <= self._first + number - self._keep:
                for kind, suffix in SUFFIX.items():
                    path = os.path.join(self._folder, f"{kind}-{old:06d}{suffix}")
                    if os.path.exists(path):
                        os.remove(path)
        return self.path("segment", number)

    def _present(self):
        matches = filter(None, map(NAME.fullmatch, os.listdir(self._folder)))
        return sorted({int(match[2]) for match in matches})


class SegmentClock:
    """Which frame starts which segment, decided once, where the results are written, and obeyed by the encoder."""

    def __init__(self, length):
        self._length, self._starts, self._to_encode = length, [], []

    @property
    def index(self):
        return max(len(self._starts) - 1, 0)

    def before_results(self, buffer, pad):
        time = _running_time(buffer, pad)
        if not self._starts or time >= self._starts[-1][1] + self._length:
            if self._starts:
                self._to_encode.append(time)
            self._starts.append((buffer.pts, time))

    def segment_of(self, pts):
        """The number of the segment that a frame with this timestamp belongs to."""
        return next((i for i in range(self.index, -1, -1) if pts >= self._starts[i][0]), 0)

    def segment_that_starts_at(self, buffer, pad):
        """The running time, if the buffer is the first of a segment (other than the first), else None."""
        if self._to_encode and _running_time(buffer, pad) >= self._to_encode[0]:
            return self._to_encode.pop(0)
        return None


def _running_time(buffer, pad):
    return pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment().to_running_time(Gst.Format.TIME, buffer.pts)


class ResultFiles(threading.Thread):
    """Takes the records from `anomalypublish` through a pipe and writes each into the file of its segment."""

    def __init__(self, folder, clock):
        super().__init__(daemon=True)
        self._folder, self._clock = folder, clock
        self._index, self._file, self._counts = None, None, None
        self._reader, self._writer = os.pipe()
        self.inlet = f"/dev/fd/{self._writer}"
        self.on_closed = None  # (segment, {"frames", "anomalous"}) -> None
        self.on_failure = None  # (str) -> None

    def run(self):
        with open(self._reader, encoding="utf-8") as lines:
            try:
                for line in lines:
                    self._write(line)
            except (OSError, ValueError, KeyError) as error:
                self.on_failure(f"cannot write the results: {error}")
                for line in lines:  # the pipeline must not wait for a reader while it closes its files
                    pass
        self._close_file()

    def close(self):
        """To be called when the pipeline has stopped: ends the last file."""
        os.close(self._writer)
        self.join()

    def _write(self, line):
        record = json.loads(line)
        segment = self._clock.segment_of(record["pts_ns"])
        if segment != self._index:
            self._close_file()
            self._index, self._counts = segment, {"frames": 0, "anomalous": 0}
            self._file = open(self._folder.path("results", segment), "w", buffering=1, encoding="utf-8")
        self._file.write(line)
        self._counts["frames"] += 1
        self._counts["anomalous"] += record["verdict"] == "anomalous"

    def _close_file(self):
        if self._file:
            self._file.close()
            self._file = None
            self.on_closed(self._index, self._counts)
