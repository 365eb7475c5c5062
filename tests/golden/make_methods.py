#!/usr/bin/env python3
"""Writes methods.safetensors: WinCLIP and VAND, zero-shot and with one reference image, and the text features of every
method that makes them from words, and the first steps of training CoOp and VAND; in a few lines of plain PyTorch each.

    python make_methods.py FOLDER    FOLDER: where oracle.py, the plain implementation of the transformer, lies

The image is preprocess_333x211.png, the reference images/rgb.png, both at 98 px, through the TINY model (vocabulary
512) of tests/support/tiny_model.h, with its two random text features. Words go through TINY with all its tokens.
"""
import pathlib
import sys
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

sys.path.insert(0, sys.argv[1])
import oracle

torch.set_grad_enabled(False)
here = pathlib.Path(__file__).parent
config = replace(oracle.TINY, vocab_size=512)
weights = oracle.hashed_weights(config)
SIZE, LAYERS = 98, (2, 5, 8)
quick_gelu = oracle._mlp


def noise(seed, *shape, scale=3.4641016):
    return torch.from_numpy(oracle.splitmix_uniform(seed, int(np.prod(shape))).reshape(shape) * np.float32(scale))


def exact_gelu(x, w, p):
    h = F.gelu(F.linear(oracle._ln(x, w, p + "ln_2"), w[p + "mlp.c_fc.weight"], w[p + "mlp.c_fc.bias"]))
    return F.linear(h, w[p + "mlp.c_proj.weight"], w[p + "mlp.c_proj.bias"])


def embed(x):
    """-> [B, 1 + P, width], before ln_pre; positions bicubic and antialiased."""
    x = F.conv2d(x, weights["visual.conv1.weight"], stride=config.patch_size)
    grid = x.shape[-1]
    x = x.flatten(2).transpose(1, 2)
    pos = weights["visual.positional_embedding"]
    p = pos[1:].T.reshape(1, -1, config.grid, config.grid)
    p = F.interpolate(p, (grid, grid), mode="bicubic", antialias=True, align_corners=False)
    pos = torch.cat([pos[:1], p.flatten(2)[0].T])
    return torch.cat([weights["visual.class_embedding"].expand(x.shape[0], 1, -1), x], 1) + pos


def blocks(x):
    """-> the output of every block, layer 1 first."""
    out = []
    for layer in range(config.vision_layers):
        p = f"visual.transformer.resblocks.{layer}."
        q, k, v = oracle._qkv(oracle._ln(x, weights, p + "ln_1"), weights, p, config.vision_width // 64)
        x = x + oracle._out(oracle._attend(q, k, v), weights, p)
        x = x + oracle._mlp(x, weights, p)
        out.append(x)
    return out


def encode(x):
    """One sequence through the tower: (global [B, D] with ln_post, raw tokens of every layer)."""
    layers = blocks(oracle._ln(x, weights, "visual.ln_pre"))
    return oracle._ln(layers[-1][:, 0], weights, "visual.ln_post") @ weights["visual.proj"], layers


def load(name):
    return oracle.preprocess(np.asarray(Image.open(here / name).convert("RGB")), SIZE)[None]


# ---------------------------------------------------------------- WinCLIP
def windows_of(grid, side):
    return [[1 + y * grid + x for y in range(t, t + side) for x in range(l, l + side)]
            for t in range(grid - side + 1) for l in range(grid - side + 1)]


def window_features(x, side):
    grid = int((x.shape[1] - 1) ** 0.5)
    return torch.cat([encode(x[:, [0] + window])[0] for window in windows_of(grid, side)])


def harmonic(scores, grid, side):
    """Patch by patch: the harmonic mean of the scores of the windows that hold it."""
    windows = windows_of(grid, side)
    return torch.stack([1 / torch.stack([1 / s for s, w in zip(scores, windows) if 1 + p in w]).mean()
                        for p in range(grid * grid)]).view(grid, grid)


def abnormal(features, text, temperature):
    return (F.normalize(features, dim=-1) @ text.T / temperature).softmax(-1)[..., 1]


def distance(features, bank):
    return (1 - F.normalize(features, dim=-1) @ F.normalize(bank, dim=-1).T).min(-1)[0] / 2


def winclip(image, reference, text):
    x = embed(image)
    grid = int((x.shape[1] - 1) ** 0.5)
    f, layers = encode(x)
    z = {side: window_features(x, side) for side in (2, 3)}
    score = abnormal(f, text, 0.07)[0]
    m = [harmonic(abnormal(z[side], text, 0.07), grid, side) for side in (2, 3)]
    words = 3 / (1 / m[0] + 1 / m[1] + 1 / score)

    y = embed(reference)
    bank = {side: window_features(y, side) for side in (2, 3)}
    patches = encode(y)[1][-1][0, 1:]
    w = sum(harmonic(distance(z[side], bank[side]), grid, side) for side in (2, 3))
    w = (w + distance(layers[-1][0, 1:], patches).view(grid, grid)) / 3

    def up(map):
        return F.interpolate(map[None, None], (SIZE, SIZE), mode="bilinear", align_corners=False)[0, 0]
    return {"windows.2": z[2], "windows.3": z[3], "winclip.global": f, "winclip.map": up(words), "winclip.score": score,
            "winclip.references.windows.2": F.normalize(bank[2], dim=-1),
            "winclip.references.windows.3": F.normalize(bank[3], dim=-1),
            "winclip.references.patches": F.normalize(patches, dim=-1),
            "winclip.few.map": up(words + w) / 2, "winclip.few.score": (score + w.max()) / 2}


# ---------------------------------------------------------------- VAND
def vand(image, reference, text):
    oracle._mlp = exact_gelu
    f, layers = encode(embed(image))
    _, others = encode(embed(reference))
    oracle._mlp = quick_gelu
    grid = SIZE // config.patch_size

    def up(map):
        return F.interpolate(map, (SIZE, SIZE), mode="bilinear", align_corners=True)[0]
    words = few = 0
    result = {}
    for layer in LAYERS:
        tokens, bank = layers[layer - 1][0, 1:], F.normalize(others[layer - 1][0, 1:], dim=-1)
        weight = noise(7100 + layer, config.embed_dim, config.vision_width, scale=0.3)
        bias = noise(7200 + layer, config.embed_dim, scale=0.3)
        z = F.normalize(F.linear(tokens, weight, bias), dim=-1)
        logits = (100 * z @ text.T).T.view(1, 2, grid, grid)
        words = words + up(logits).softmax(0)[1]
        few = few + up((1 - F.normalize(tokens, dim=-1) @ bank.T).min(-1)[0].view(1, 1, grid, grid))[0]
        result[f"vand.references.{layer}"] = bank
    score = abnormal(f, text, 0.01)[0]
    zero, both = words / len(LAYERS), (words + few) / (2 * len(LAYERS))
    return result | {"vand.global": f, "vand.tokens.5": layers[4], "vand.map": zero, "vand.score": score,
                     "vand.few.map": both, "vand.few.score": (score + both.max()) / 2}


# ---------------------------------------------------------------- words
IMAGENET = [line.strip() for line in open(here / "imagenet_templates.txt")]
WINCLIP = [f"a {w} photo of {a} {{}}." for w in ("close-up", "bright", "dark", "blurry") for a in ("a", "the")]
WINCLIP += ["a cropped photo of the {}.", "a jpeg corrupted photo of the {}.", "a jpeg corrupted photo of the {}."]
WINCLIP += [f"a photo of {a} {w}{{}}." for w in ("", "small ", "large ") for a in ("a", "the")]
WINCLIP += [f"a photo of {a} {{}} for {w}." for w in ("visual inspection", "anomaly detection") for a in ("a", "the")]
VAND = [f"a {w} photo of {a} {{}}." for a in ("a", "the") for w in
        ("bad", "low resolution", "cropped", "bright", "dark", "close-up", "black and white", "jpeg corrupted", "blurry", "good")]
VAND += ["a photo of my {}.", "a photo of the cool {}.", "a photo of a cool {}.", "a photo of the {}.", "a photo of one {}.",
         "a photo of a {}.", "a photo of a large {}.", "a photo of the large {}.", "a photo of the small {}.",
         "a photo of a small {}.", "there is a {} in the scene.", "there is the {} in the scene.",
         "this is a {} in the scene.", "this is the {} in the scene.", "this is one {} in the scene."]
NORMAL = ["{}", "flawless {}", "perfect {}", "unblemished {}", "{} without flaw", "{} without defect", "{} without damage"]
ABNORMAL = ["damaged {}", "{} with flaw", "{} with defect", "{} with damage"]
assert len(IMAGENET) == 80 and len(WINCLIP) == 21 and len(VAND) == 35


def words():
    w, tokens, name = oracle.hashed_weights(oracle.TINY), oracle.tokenizer(), "metal_nut"

    def raw(templates, states):
        ids = tokens([t.format(s.format(name)) for s in states for t in templates])
        return oracle.encode_text(w, oracle.TINY, ids)

    def mean_of_units(templates, states):
        return F.normalize(raw(templates, states), dim=-1).mean(0)

    def both(make):
        return F.normalize(torch.stack([make(0), make(1)]), dim=-1)
    two = [["normal {}"], ["anomalous {}"]]
    articles = ["A photo of a {}"], ["A photo of an {}"]
    result = {"text.clip": both(lambda i: raw(articles[i], two[i])[0]),
              "text.clip-ac": both(lambda i: mean_of_units(IMAGENET, two[i])),
              "text.winclip": both(lambda i: raw(WINCLIP, [NORMAL, ABNORMAL][i]).mean(0))}
    oracle._mlp = exact_gelu
    states = NORMAL, ABNORMAL[:1] + ["broken {}"] + ABNORMAL[1:]
    result["text.vand"] = both(lambda i: mean_of_units(VAND, states[i]))
    oracle._mlp = quick_gelu
    return result


# ---------------------------------------------------------------- training
CLASSES = ["metal_nut", "bottle", "metal_nut", "bottle"]


def batch():
    """Four images of 56 px, their labels, masks of 56 px, and which have one."""
    masks = (noise(6200, 4, 56, 56) > 1).float()
    masks[0] = 0
    return noise(6100, 4, 3, 56, 56), torch.tensor([0, 1, 1, 1]), masks, [0, 1, 2]


def steps(optimizer, loss, parameters, name, result):
    """Three steps: the losses, the first gradients, the parameters afterwards."""
    losses = []
    for i in range(3):
        optimizer.zero_grad()
        terms = loss()
        sum(terms.values()).backward()
        if i == 0:
            result |= {f"{name}.gradient.{key}": p.grad.clone() for key, p in parameters.items()}
        optimizer.step()
        losses.append(torch.stack([v.detach() for v in terms.values()]))
    result[f"{name}.losses"] = torch.stack(losses)
    result |= {f"{name}.after.{key}": p.detach() for key, p in parameters.items()}


def train_coop(result):
    w, tokens = oracle.hashed_weights(oracle.TINY), oracle.tokenizer()
    images, labels, _, _ = batch()
    f = F.normalize(oracle.encode_image(images, w, oracle.TINY, (), None)[0], dim=-1)
    ctx = noise(3100, 1, 1, 16, 64, scale=0.07).requires_grad_()

    def loss():
        text = {name: oracle.Prompts(ctx, ctx, [], "normal {}", "anomalous {}", name.replace("_", " "))
                .text_features(w, oracle.TINY) for name in set(CLASSES)}
        logits = torch.stack([100 * f[i] @ text[name].T for i, name in enumerate(CLASSES)])
        return {"global": F.cross_entropy(logits, labels)}
    with torch.enable_grad():
        steps(torch.optim.SGD([ctx], 0.002, momentum=0.9, weight_decay=5e-4), loss, {"ctx_pos": ctx}, "coop", result)


def train_vand(result):
    w, tokens = oracle.hashed_weights(oracle.TINY), oracle.tokenizer()
    states = NORMAL, ABNORMAL[:1] + ["broken {}"] + ABNORMAL[1:]
    images, _, masks, masked = batch()
    oracle._mlp = exact_gelu
    text = {name: F.normalize(torch.stack([F.normalize(oracle.encode_text(w, oracle.TINY, tokens(
        [t.format(s.format(name)) for s in group for t in VAND])), dim=-1).mean(0) for group in states]), dim=-1)
        for name in set(CLASSES)}
    layers = blocks(oracle._ln(embed(images), weights, "visual.ln_pre"))
    oracle._mlp = quick_gelu
    parameters = {}
    for layer in LAYERS:
        parameters[f"adapters.{layer}.weight"] = noise(7100 + layer, 48, 128, scale=0.3).requires_grad_()
        parameters[f"adapters.{layer}.bias"] = noise(7200 + layer, 48, scale=0.3).requires_grad_()

    def loss():
        focal = dice = 0
        for layer in LAYERS:
            z = F.linear(layers[layer - 1][masked, 1:], parameters[f"adapters.{layer}.weight"],
                         parameters[f"adapters.{layer}.bias"])
            logits = torch.stack([100 * F.normalize(z[k], dim=-1) @ text[CLASSES[i]].T for k, i in enumerate(masked)])
            p = F.interpolate(logits.transpose(1, 2).unflatten(2, (4, 4)), (56, 56), mode="bilinear",
                              align_corners=True).softmax(1)
            focal = focal + oracle.focal(p, masks[masked])
            dice = dice + oracle.dice(p[:, 1], masks[masked])
        return {"focal": focal, "dice": dice}
    with torch.enable_grad():
        steps(torch.optim.Adam(parameters.values(), 1e-3, betas=(0.5, 0.999)), loss, parameters, "vand", result)


def training():
    result = {}
    train_coop(result)
    train_vand(result)
    return {f"training.{key}": value for key, value in result.items()
            if not (key.startswith("vand.after") or key.startswith("vand.gradient")) or ".5." in key}


image, reference = load("preprocess_333x211.png"), load("images/rgb.png")
text = F.normalize(noise(7000, 2, config.embed_dim), dim=-1)
stages = winclip(image, reference, text) | vand(image, reference, text) | words() | training()
save_file({name: value.contiguous() for name, value in stages.items()}, here / "methods.safetensors")
for name, value in stages.items():
    print(name, tuple(value.shape), value.flatten()[:3].tolist())
