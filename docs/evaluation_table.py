#!/usr/bin/env python3
"""evaluation_table.py REPORT.csv: a table of classes by candidates, each cell pixel AUROC / AUPRO / image AUROC in percent."""
import csv
import sys
from collections import OrderedDict

METRICS = ("pixel_auroc", "aupro", "image_auroc")
numbers, candidates, classes = {}, OrderedDict(), OrderedDict()
for row in csv.DictReader(open(sys.argv[1])):
    if row["class"] != "mean":
        numbers[row["class"], row["candidate"], row["metric"]] = float(row["percent"])
        candidates[row["candidate"]] = classes[row["class"]] = None


def cell(values):
    return " / ".join("–" if value is None else f"{value:.1f}" for value in values)


def mean(candidate, metric):
    found = [numbers[c, candidate, metric] for c in classes if (c, candidate, metric) in numbers]
    return sum(found) / len(found) if found else None


print("| class | " + " | ".join(candidates) + " |\n|---|" + "---|" * len(candidates))
for name in classes:
    print(f"| {name} | " + " | ".join(cell([numbers.get((name, c, m)) for m in METRICS]) for c in candidates) + " |")
print("| **mean** | " + " | ".join(cell([mean(c, m) for m in METRICS]) for c in candidates) + " |")
