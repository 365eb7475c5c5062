#!/usr/bin/env python3
"""Writes images/: one small picture in the formats and modes that people have, and what Pillow decodes each to, as
NAME.expected.png (RGB or grey). Needs Pillow and numpy."""
import pathlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent / "images"
here.mkdir(exist_ok=True)
y, x = np.mgrid[0:19, 0:27]
rgb = np.stack([9 * x, 13 * y, 128 + 60 * np.sin(x * y / 20.0)], -1).astype(np.uint8)
grey = rgb[..., 0] // 2 + rgb[..., 1] // 2
colour, mono = Image.fromarray(rgb), Image.fromarray(grey)

turned = Image.Exif()
turned[0x0112] = 6  # to be turned by 90 degrees: Pillow does not unless asked
rgba = colour.copy()
rgba.putalpha(Image.fromarray((8 * x).astype(np.uint8)))

files = {
    "oriented.jpg": lambda path: colour.save(path, quality=90, exif=turned),
    "grey.jpg": lambda path: mono.save(path, quality=80),
    "rgb.png": lambda path: colour.save(path),
    "grey.png": lambda path: mono.save(path),
    "alpha.png": lambda path: rgba.save(path),
    "palette.png": lambda path: colour.quantize(16).save(path),
    "one_bit.png": lambda path: mono.point(lambda value: 255 * (value > 99), "1").save(path),
    "rgb.bmp": lambda path: colour.save(path),
    "rgb.tiff": lambda path: colour.save(path, compression="tiff_lzw"),
    "rgb.webp": lambda path: colour.save(path, lossless=True),
}
for name, save in files.items():
    save(here / name)
    image = Image.open(here / name)
    image.convert("L" if image.mode in ("1", "L") else "RGB").save(here / f"{name}.expected.png")

Image.fromarray(grey.astype(np.uint16) * 256 + 200).save(here / "grey16.png")
mono.save(here / "grey16.png.expected.png")  # the upper byte
