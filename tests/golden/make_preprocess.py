#!/usr/bin/env python3
"""Writes what Pillow makes of preprocess_333x211.png: preprocess_{56,224,518}.png before normalisation, and
preprocess_56.f32 after it (float32, [3, 56, 56]). Needs Pillow and numpy.

Pillow up to 9.5 resizes horizontally first, which is what the reference was run with. Pillow 13 takes the vertical pass
first where that is cheaper (here it is not), with results that differ by a few levels."""
import pathlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
image = Image.open(here / "preprocess_333x211.png")
for size in (56, 224, 518):
    image.resize((size, size), Image.BICUBIC).save(here / f"preprocess_{size}.png", optimize=True)

mean = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
deviation = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
pixels = np.asarray(image.resize((56, 56), Image.BICUBIC)).astype(np.float32) / np.float32(255)
((pixels - mean) / deviation).transpose(2, 0, 1).tofile(here / "preprocess_56.f32")
