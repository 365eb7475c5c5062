#!/usr/bin/env python3
"""Draws a table of `anomalyclip bench --compare` as bars.

    anomalyclip bench ... --compare ... | tests/bench/bars.py TITLE >docs/images/performance.svg
"""
import sys
from html import escape

ROW, LABEL, WIDTH, TOP = 26, 190, 760, 64
OURS, PEER = "#0b6e99", "#a8b3ba"


def rows_of(lines):
    """(contestant, p50, fastest) of the first table, in milliseconds."""
    rows = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 4:
            if rows:
                break
            continue
        try:
            rows.append((cells[0], float(cells[1]), float(cells[3])))
        except ValueError:
            continue  # the heading
    if not rows:
        sys.exit("bars.py: no table came in: give it what `anomalyclip bench --compare ...` prints")
    return rows


def bar(index, row, scale):
    name, p50, fastest = row
    y = TOP + ROW * index
    ours = name.startswith("ours")
    weight = "bold" if ours else "normal"
    middle, end = LABEL + p50 * scale, LABEL + fastest * scale
    return (
        f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end" font-weight="{weight}">'
        f"{escape(name.removesuffix(', cpu'))}</text>"
        f'<rect x="{LABEL}" y="{y + 3}" width="{p50 * scale:.1f}" height="{ROW - 9}" fill="{OURS if ours else PEER}"/>'
        f'<path d="M{end:.1f} {y + 2}v{ROW - 7}" stroke="#222"/>'
        f'<text x="{middle + 6:.1f}" y="{y + 15}">{p50:g} ms</text>')


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = sorted(rows_of(sys.stdin), key=lambda row: row[1])
    scale = (WIDTH - LABEL - 90) / max(p50 for _, p50, _ in rows)
    height = TOP + ROW * len(rows) + 12
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
          f'font-family="sans-serif" font-size="13">')
    print(f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>')
    print(f'<text x="16" y="26" font-size="16" font-weight="bold">{escape(sys.argv[1])}</text>')
    print('<text x="16" y="46" fill="#555">Encoding one frame: median; the stroke is the fastest. Shorter is better.</text>')
    for index, row in enumerate(rows):
        print(bar(index, row, scale))
    print("</svg>")


main()
