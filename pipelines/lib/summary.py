"""Draws summary.png: the score over time with the threshold, and the worst frames with their heatmaps."""
import os
from dataclasses import dataclass, field

import cairo
import cv2
import numpy as np

from chart import ScoreChart
from drawing import GREY, INK, PALE, RED, WHITE, picture, rounded, text

WIDTH, MARGIN, GUTTER = 1600, 48, 24
HEADER, TILES, CHART = 96, 104, 380
COLUMNS = 2  # of worst frames, each a pair: as the camera sees it, and with the heatmap


@dataclass
class Facts:
    title: str
    frames_per_second: float
    records: object  # Records
    names: list = None  # of the images, by frame; None for a film
    worst: list = field(default_factory=list)  # from WorstFrames.best


def draw_summary(path, facts):
    pair_width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
    rows = -(-len(facts.worst) // COLUMNS)
    picture_height = _picture_height(facts.worst, pair_width / 2)
    top_of_worst = HEADER + TILES + CHART + 4 * GUTTER
    height = int(top_of_worst + 40 + rows * (picture_height + 40 + GUTTER) + MARGIN / 2)
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, WIDTH, height)
    context = cairo.Context(surface)
    context.set_source_rgb(*PALE)
    context.paint()

    _draw_header(context, facts)
    _draw_tiles(context, facts, HEADER + GUTTER / 2)
    chart = ScoreChart(facts.records, facts.names)
    chart.draw(context, MARGIN, HEADER + TILES + 1.5 * GUTTER, WIDTH - 2 * MARGIN, CHART)
    text(context, "Worst images" if facts.names else "Worst moments", MARGIN, top_of_worst, 22, INK, bold=True)
    text(context, "as seen, and with heatmap", WIDTH - MARGIN, top_of_worst, 16, GREY, align=1)
    for index, frame in enumerate(facts.worst):
        x = MARGIN + index % COLUMNS * (pair_width + GUTTER)
        y = top_of_worst + 24 + index // COLUMNS * (picture_height + 40 + GUTTER)
        _draw_pair(context, facts, frame, x, y, pair_width, picture_height)
    surface.write_to_png(path + ".partial")
    os.replace(path + ".partial", path)


def _picture_height(worst, width):
    """One height for all pictures: that of the tallest, within reason."""
    shapes = [plain.shape for _, plain, _ in worst] or [(3, 4)]
    return min(max(width * shape[0] / shape[1] for shape in shapes), 1.2 * width)


def _draw_header(context, facts):
    text(context, "Inspection summary", MARGIN, 56, 32, INK, bold=True)
    last = facts.records.all[-1]
    when = last["utc"][:16].replace("T", " ") + " UTC"
    text(context, f"{facts.title}, {when}", MARGIN, 88, 18, GREY, room=WIDTH - 2 * MARGIN - 420)
    text(context, f"model {_name(last.get('model'))}", WIDTH - MARGIN, 56, 16, GREY, align=1)
    text(context, f"prompts {_prompts(facts.records)}", WIDTH - MARGIN, 82, 16, GREY, align=1)


def _prompts(records):
    names = sorted({_name(record.get("prompts")) for record in records.all})
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _name(path):
    return os.path.basename(path) if path else "unknown"


def _draw_tiles(context, facts, y):
    records = facts.records
    threshold = records.threshold
    share = f"{100 * records.anomalous / len(records):.1f} % of all" if threshold is not None else "no threshold is set"
    not_inspected = [f"{records.statuses.count(s)} {s}" for s in ("reused", "skipped", "failed")
                     if records.statuses.count(s)]
    tiles = [
        ("images" if facts.names else "frames", f"{len(records)}", ", ".join(not_inspected) or "all inspected", INK),
        ("anomalous", f"{records.anomalous}" if threshold is not None else "unknown", share,
         RED if records.anomalous else INK),
        ("threshold", records.thresholds_text(2) or "none", "score from which it is anomalous", INK),
        ("frames/s", f"{facts.frames_per_second:.1f}", "decoding and recording included", INK),
        ("latency", f"{records.latency(50):.0f} ms", f"median; 95 % within {records.latency(95):.0f} ms", INK),
    ]
    width = (WIDTH - 2 * MARGIN - (len(tiles) - 1) * GUTTER) / len(tiles)
    for index, (label, value, note, color) in enumerate(tiles):
        x = MARGIN + index * (width + GUTTER)
        rounded(context, x, y, width, TILES, 8, WHITE)
        text(context, label, x + 18, y + 28, 15, GREY)
        text(context, value, x + 18, y + 66, 32, color, bold=True)
        text(context, note, x + 18, y + 90, 14, GREY)


def _draw_pair(context, facts, frame, x, y, width, height):
    number, plain, drawn = frame
    rounded(context, x, y, width, height + 40, 8, WHITE)
    for column, image in enumerate((plain, drawn)):
        scale = min((width / 2 - 3) / image.shape[1], (height - 3) / image.shape[0])
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        picture(context, small, x + column * width / 2 + (width / 2 - size[0]) / 2, y + (height - size[1]) / 2 + 1)
    record = facts.records.all[number]
    color = RED if record["verdict"] == "anomalous" else INK
    text(context, f"{record['score']:.3f}", x + 14, y + height + 27, 18, color, bold=True)
    text(context, record["verdict"], x + 84, y + height + 27, 16, color)
    where = facts.names[number] if facts.names else f"{facts.records.times()[number]:.2f} s, frame {number}"
    text(context, where, x + width - 14, y + height + 27, 15, GREY, align=1, room=width - 210)
