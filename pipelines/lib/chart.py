"""The score of every frame, over time for a film, by name for a folder of images."""
import math
import os

import numpy as np

from drawing import AMBER, BLUE, GREY, INK, LINE, RED, WHITE, line, rounded, text

LEFT, RIGHT, TOP, BOTTOM = 70, 24, 52, 58  # inside the panel


class ScoreChart:
    def __init__(self, records, names):
        self._records, self._names = records, names
        self._x = np.arange(len(records)) + 0.5 if names else records.times()
        if not np.all(np.isfinite(self._x)):  # a source without timestamps
            self._x = np.arange(len(records), dtype=float)
        self._x_end = max(len(records) if names else self._x[-1], 1e-9)
        self._y_range = _range_of(records)

    def draw(self, context, x, y, width, height):
        rounded(context, x, y, width, height, 8, WHITE)
        self._left, self._right = x + LEFT, x + width - RIGHT
        self._top, self._bottom = y + TOP, y + height - BOTTOM
        text(context, "Anomaly score", x + 18, y + 30, 18, INK, bold=True)
        self._draw_legend(context, x + width - 18, y + 30)
        self._draw_scale(context)
        if self._names:
            self._draw_folders(context)
            self._draw_points(context)
        else:
            self._draw_seconds(context)
            self._draw_spans(context)
            self._draw_curve(context)
        self._draw_threshold(context)

    def _place(self, x, y):
        low, high = self._y_range
        return (self._left + (self._right - self._left) * x / self._x_end,
                self._bottom - (self._bottom - self._top) * (y - low) / (high - low))

    def _is_anomalous(self):
        return np.array([verdict == "anomalous" for verdict in self._records.verdicts])

    def _draw_legend(self, context, right, y):
        entries = [("anomalous", RED), ("normal", BLUE)] if self._records.threshold is not None else [("score", BLUE)]
        if {"skipped", "failed"} & set(self._records.statuses):
            entries.append(("not inspected", AMBER))
        if self._records.threshold is not None:
            name = f"threshold {self._records.thresholds_text(3)}"
            text(context, name, right, y, 15, GREY, align=1)
            right -= context.text_extents(name).x_advance + 8
            line(context, [(right - 33, y - 5), (right, y - 5)], INK, 1.6, (7, 5))
            right -= 60
        for name, color in entries:
            text(context, name, right, y, 15, GREY, align=1)
            right -= context.text_extents(name).x_advance + 12
            context.arc(right, y - 5, 5, 0, 2 * math.pi)
            context.set_source_rgb(*color)
            context.fill()
            right -= 26

    def _draw_scale(self, context):
        low, high = self._y_range
        step = _step(high - low, 6)
        for tick in np.arange(math.ceil(low / step) * step, high + step / 100, step):
            _, y = self._place(0, tick)
            line(context, [(self._left, y), (self._right, y)], LINE)
            digits = max(1, -math.floor(math.log10(step)))
            text(context, f"{tick:.{digits}f}", self._left - 10, y + 5, 14, GREY, align=1)

    def _draw_seconds(self, context):
        step = _step(self._x_end, 10)
        for tick in np.arange(0, self._x_end + step / 100, step):
            x, _ = self._place(tick, 0)
            text(context, _clock(tick, step), x, self._bottom + 24, 14, GREY, align=0.5)
        text(context, "time" if step >= 60 else "seconds", (self._left + self._right) / 2, self._bottom + 46, 14, GREY,
             align=0.5)

    def _draw_folders(self, context):
        """Under the points of each folder its name, as far as there is room."""
        folders = [os.path.dirname(name) for name in self._names]
        starts = [i for i in range(len(folders)) if i == 0 or folders[i] != folders[i - 1]]
        for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(folders)])):
            (left, _), (right, _) = self._place(start, 0), self._place(end, 0)
            if start:
                line(context, [(left, self._top), (left, self._bottom + 10)], LINE, 1.5)
            if right - left > 24 and folders[start]:
                lower = 20 if index % 2 and right - left < 120 else 0
                text(context, folders[start], (left + right) / 2, self._bottom + 24 + lower, 14, GREY, align=0.5,
                     room=max(2 * (right - left) if lower or right - left < 120 else right - left, 40))
        if len(starts) == 1:
            text(context, "images in the order of their names", (self._left + self._right) / 2, self._bottom + 46, 14,
                 GREY, align=0.5)

    def _draw_spans(self, context):
        """A red band behind every stretch of anomalous frames."""
        bad = np.concatenate([[0], self._is_anomalous().astype(int), [0]])
        context.set_source_rgba(*RED, 0.13)
        for start, end in zip(np.flatnonzero(np.diff(bad) == 1), np.flatnonzero(np.diff(bad) == -1)):
            left, _ = self._place(self._x[start], 0)
            right, _ = self._place(self._x[min(end, len(self._x) - 1)], 0)
            context.rectangle(left, self._top, max(right - left, 1.5), self._bottom - self._top)
            context.fill()

    def _draw_curve(self, context):
        """The curve; broken where a frame has no score, red where it is anomalous."""
        bad, scores = self._is_anomalous(), self._records.scores
        for start, end in _runs(np.isfinite(scores)):
            points = [self._place(self._x[i], scores[i]) for i in range(start, end)]
            line(context, _thinned(points), BLUE, 1.8)
            for red_start, red_end in _runs(bad[start:end]):
                line(context, _thinned(points[red_start:red_end]), RED, 2.4)
        self._draw_missing(context)

    def _draw_points(self, context):
        radius = min(max(0.35 * (self._right - self._left) / len(self._x), 1.8), 6)
        for x, score, bad in zip(self._x, self._records.scores, self._is_anomalous()):
            if np.isfinite(score):
                context.arc(*self._place(x, score), radius, 0, 2 * math.pi)
                context.set_source_rgb(*(RED if bad else BLUE))
                context.fill()
        self._draw_missing(context)

    def _draw_missing(self, context):
        for x in self._x[~np.isfinite(self._records.scores)]:
            left, _ = self._place(x, 0)
            line(context, [(left, self._bottom - 8), (left, self._bottom)], AMBER, 2)

    def _draw_threshold(self, context):
        """As a step curve: it may change while the stream runs."""
        values = np.array([np.nan if r.get("threshold") is None else r["threshold"] for r in self._records.all], float)
        for start, end in _runs(np.isfinite(values)):
            edges = [0 if start == 0 else self._x[start], self._x_end if end == len(values) else self._x[end]]
            changes = [start, *(start + 1 + np.flatnonzero(np.diff(values[start:end]))), end]
            for index, (a, b) in enumerate(zip(changes, changes[1:])):
                left = edges[0] if index == 0 else self._x[a]
                right = edges[1] if b == end else self._x[b]
                line(context, [self._place(left, values[a]), self._place(right, values[a])], INK, 1.6, (7, 5))


def _range_of(records):
    values = [*records.scores[np.isfinite(records.scores)]]
    if records.threshold is not None:
        values.append(records.threshold)
    low, high = (min(values), max(values)) if values else (0, 1)
    room = 0.12 * max(high - low, 0.02)
    return max(0, low - room), min(1.0 if high <= 1 else high, high + room) + 1e-9


def _step(span, count):
    """A round step (1, 2 or 5 times a power of ten; minutes above a minute) that cuts span into about count pieces."""
    raw = span / count
    if raw > 20:
        return next((s for s in (30, 60, 120, 300, 600, 1800, 3600, 7200, 21600) if s >= raw), 86400 * -(-raw // 86400))
    power = 10 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)


def _clock(seconds, step):
    if step < 30:
        return f"{seconds:.0f}" if step >= 1 else f"{seconds:.{-math.floor(math.log10(step))}f}"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _runs(flags):
    """[(start, end)] of the stretches where flags is true."""
    edges = np.diff(np.concatenate([[0], np.asarray(flags, int), [0]]))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)))


def _thinned(points, per_pixel=1):
    """Of the points in one pixel column the lowest and the highest: a day has two million frames."""
    if len(points) < 4000:
        return points if len(points) > 1 else [points[0], (points[0][0] + 1, points[0][1])]
    columns = {}
    for point in points:
        column = columns.setdefault(int(point[0] * per_pixel), [point, point])
        column[0], column[1] = min(column[0], point, key=lambda p: p[1]), max(column[1], point, key=lambda p: p[1])
    return [point for column in columns.values() for point in sorted(column)]
