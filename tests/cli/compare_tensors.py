#!/usr/bin/env python3
"""Compares two safetensors files: every tensor of EXPECTED is in FOUND, with its shape and within TOLERANCE.

    compare_tensors.py EXPECTED FOUND TOLERANCE      float32 only; needs nothing but Python
"""
import json
import struct
import sys


def read(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", f"{path}: {name} is {entry['dtype']}"
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = entry["shape"], struct.unpack(f"<{len(raw) // 4}f", raw)
    return tensors


expected, found, tolerance = read(sys.argv[1]), read(sys.argv[2]), float(sys.argv[3])
assert expected, "nothing to compare"
for name, (shape, values) in expected.items():
    assert name in found, f"{name} is missing"
    assert found[name][0] == shape, f"{name}: shape {found[name][0]} in place of {shape}"
    difference = max(abs(a - b) for a, b in zip(values, found[name][1]))
    assert difference <= tolerance, f"{name} differs by {difference}"
    print(f"{name}: {difference:.2e}")
