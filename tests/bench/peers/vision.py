"""The image tower of AnomalyCLIP in PyTorch, with the work left out that this project leaves out: the last block's original
path for the class token alone, the local path from its first layer to the last tapped one, nothing after it that nobody
reads. Fused attention. What peers run, so that runtimes are compared and not graphs."""

import json

import numpy as np
import torch
from torch.nn import functional as F

HEAD = 64


def read_safetensors(path):
    """name -> float32 tensor"""
    types = {"F32": np.float32, "F16": np.float16}
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start, tensors = file.tell(), {}
        for name, entry in header.items():
            if name == "__metadata__" or entry["dtype"] not in types:
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            numbers = np.frombuffer(file.read(end - begin), types[entry["dtype"]])
            tensors[name] = torch.from_numpy(numbers.astype(np.float32).reshape(entry["shape"]))
    return tensors


def split_heads(x):
    return x.unflatten(-1, (-1, HEAD)).transpose(1, 2)


def attend(query, key, value):
    return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)


class Norm(torch.nn.Module):
    def __init__(self, tensors, name):
        super().__init__()
        self.register_buffer("weight", tensors[name + ".weight"])
        self.register_buffer("bias", tensors[name + ".bias"])

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias)


class Linear(torch.nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class Block(torch.nn.Module):
    def __init__(self, tensors, name, quick_gelu):
        super().__init__()
        self.ln_1, self.ln_2 = Norm(tensors, name + "ln_1"), Norm(tensors, name + "ln_2")
        weights = tensors[name + "attn.in_proj_weight"].chunk(3)
        biases = tensors[name + "attn.in_proj_bias"].chunk(3)
        self.qkv = Linear(tensors[name + "attn.in_proj_weight"], tensors[name + "attn.in_proj_bias"])
        self.parts = torch.nn.ModuleList(Linear(w, b) for w, b in zip(weights, biases))
        linear = lambda module: Linear(tensors[name + module + ".weight"], tensors[name + module + ".bias"])
        self.out_proj, self.c_fc, self.c_proj = linear("attn.out_proj"), linear("mlp.c_fc"), linear("mlp.c_proj")
        self.quick_gelu = quick_gelu

    def mlp(self, x):
        hidden = self.c_fc(self.ln_2(x))
        hidden = hidden * torch.sigmoid(1.702 * hidden) if self.quick_gelu else F.gelu(hidden)
        return x + self.c_proj(hidden)

    def heads(self, x):
        return [split_heads(part) for part in self.qkv(self.ln_1(x)).chunk(3, -1)]

    def class_token_heads(self, x):
        h = self.ln_1(x)
        return [split_heads(part(rows)) for part, rows in zip(self.parts, (h[:, :1], h, h))]


class Vision(torch.nn.Module):
    """images [1, 3, S, S] -> global [1, D], patches of each tapped layer [1, 1 + P, D]"""

    def __init__(self, tensors, size, features, dpam_from, quick_gelu=True):
        super().__init__()
        name = lambda layer: f"visual.transformer.resblocks.{layer}."
        layers = sum(name(i) + "ln_1.weight" in tensors for i in range(1000))
        self.blocks = torch.nn.ModuleList(Block(tensors, name(i), quick_gelu) for i in range(layers))
        self.features, self.dpam_from = features, dpam_from
        self.register_buffer("conv", tensors["visual.conv1.weight"])
        self.register_buffer("class_embedding", tensors["visual.class_embedding"])
        self.register_buffer("positions", self.positions_at(tensors, size // self.conv.shape[-1]))
        self.register_buffer("proj", tensors["visual.proj"])
        self.ln_pre, self.ln_post = Norm(tensors, "visual.ln_pre"), Norm(tensors, "visual.ln_post")

    @staticmethod
    def positions_at(tensors, grid):
        weight = tensors["visual.positional_embedding"]
        trained = round((len(weight) - 1) ** 0.5)
        image = weight[1:].T.reshape(1, -1, trained, trained)
        resized = F.interpolate(image, (grid, grid), mode="bilinear")
        return torch.cat([weight[:1], resized.flatten(2)[0].T])

    def forward(self, images):
        x = F.conv2d(images, self.conv, stride=self.conv.shape[-1]).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positions
        x = self.ln_pre(x)
        local, patches = None, []
        for layer, block in enumerate(self.blocks, 1):
            last, dual = layer == len(self.blocks), 0 < self.dpam_from <= layer
            needs_local = dual and layer <= self.features[-1]
            query, key, value = block.class_token_heads(x) if last else block.heads(x)
            if needs_local:
                local = (x if local is None else local) + block.out_proj(attend(value, value, value))
            rows = x[:, :1] if last else x
            x = block.mlp(rows + block.out_proj(attend(query, key, value)))
            if layer in self.features:
                patches.append(self.ln_post(local if dual else x) @ self.proj)
        return x[:, 0] @ self.proj, *patches
