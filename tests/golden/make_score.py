#!/usr/bin/env python3
"""Writes score_333x211.safetensors: every stage of preprocess_333x211.png through the TINY model (vocabulary 512) of
tests/support/tiny_model.h, computed by a plain PyTorch implementation of the algorithm.

    python make_score.py FOLDER      FOLDER: where oracle.py, that implementation, lies
"""
import pathlib
import sys
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

sys.path.insert(0, sys.argv[1])
import oracle

torch.set_grad_enabled(False)
here = pathlib.Path(__file__).parent
config = replace(oracle.TINY, vocab_size=512)
weights = oracle.hashed_weights(config)
rows = torch.from_numpy(oracle.splitmix_uniform(7000, 2 * 48).reshape(2, 48) * np.float32(3.4641016))
text = torch.nn.functional.normalize(rows, dim=-1)

pixels = np.asarray(Image.open(here / "preprocess_333x211.png").convert("RGB"))
image = oracle.preprocess(pixels, 56)[None]
feature, patches = oracle.encode_image(image, weights, config, (8,), 6)
stages = {"input": image, "global": feature, "patch.8": patches[0], "text_features": text,
          "map": oracle.anomaly_map(patches, text, 56, 4.0)[0], "score": oracle.image_score(feature, text)[0]}
save_file({name: value.contiguous() for name, value in stages.items()}, here / "score_333x211.safetensors")
