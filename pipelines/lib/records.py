"""What `anomalypublish` wrote: one JSON object a line, one line a frame."""
import json
import os

import numpy as np


class Records:
    """scores: NaN where a frame has none; statuses and verdicts: strings; latencies: of the inspected frames, ms."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as lines:
            self.all = [json.loads(line) for line in lines]
        self.scores = np.array([np.nan if r.get("score") is None else r["score"] for r in self.all], float)
        self.statuses = [record["status"] for record in self.all]
        self.verdicts = [record["verdict"] for record in self.all]
        self.latencies = np.array([r["latency_ms"] for r in self.all if r["status"] == "inspected"], float)

    def __len__(self):
        return len(self.all)

    @property
    def anomalous(self):
        return self.verdicts.count("anomalous")

    @property
    def threshold(self):
        """The last one in use, or None."""
        return next((r["threshold"] for r in reversed(self.all) if r.get("threshold") is not None), None)

    def thresholds_text(self, digits):
        """"0.944", or "0.385 to 0.944" where the prompts changed; None without any."""
        values = {f"{r['threshold']:.{digits}f}" for r in self.all if r.get("threshold") is not None}
        return " to ".join([min(values), max(values)][:len(values)]) if values else None

    def times(self):
        """Seconds since the first frame."""
        stamps = np.array([np.nan if r.get("pts_ns") is None else r["pts_ns"] for r in self.all], float) / 1e9
        return stamps - stamps[0] if len(stamps) else stamps

    def latency(self, percent):
        return float(np.percentile(self.latencies, percent)) if len(self.latencies) else float("nan")

    def add_images(self, names):
        """Writes the name of its image into every record, as the first key; names: by frame number."""
        self.all = [{"image": names[record["frame"]], **record} for record in self.all]
        with open(self.path + ".partial", "w", encoding="utf-8", errors="surrogateescape") as file:
            for record in self.all:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        os.replace(self.path + ".partial", self.path)
