"""Writes one small set of CLIP weights in the formats that people have, into this folder. Deterministic.

    python make_checkpoints.py       # needs torch and numpy

The weights are those of hashed_tensors() in tests/support/hashed_weights.h, for the dimensions below, so that the tests
recompute them and compare. The names of Hugging Face's CLIPModel are written out here: transformers is not needed.
"""
import json
import math
import os
from collections import OrderedDict

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
EMBED, RESOLUTION, PATCH, WIDTH, LAYERS, CONTEXT, VOCABULARY = 32, 8, 4, 64, 2, 77, 128


def uniform(seed, count):
    """`count` float32 in [-0.5, 0.5): the top 24 bits of splitmix64(seed * 2^40 + j), / 2^24 - 0.5."""
    with np.errstate(over="ignore"):
        z = (np.uint64(seed) << np.uint64(40)) + np.arange(count, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(2 ** 24) - np.float32(0.5)


def noise(seed, *shape, scale):
    return torch.from_numpy(uniform(seed, math.prod(shape)).reshape(shape) * np.float32(scale))


def block_shapes(prefix):
    w = WIDTH
    for i in range(LAYERS):
        p = f"{prefix}.resblocks.{i}."
        yield from ((p + "attn.in_proj_weight", (3 * w, w)), (p + "attn.in_proj_bias", (3 * w,)),
                    (p + "attn.out_proj.weight", (w, w)), (p + "attn.out_proj.bias", (w,)),
                    (p + "ln_1.weight", (w,)), (p + "ln_1.bias", (w,)),
                    (p + "mlp.c_fc.weight", (4 * w, w)), (p + "mlp.c_fc.bias", (4 * w,)),
                    (p + "mlp.c_proj.weight", (w, 4 * w)), (p + "mlp.c_proj.bias", (w,)),
                    (p + "ln_2.weight", (w,)), (p + "ln_2.bias", (w,)))


def shapes():
    yield from (("positional_embedding", (CONTEXT, WIDTH)), ("text_projection", (WIDTH, EMBED)), ("logit_scale", ()),
                ("visual.class_embedding", (WIDTH,)), ("visual.positional_embedding", ((RESOLUTION // PATCH) ** 2 + 1, WIDTH)),
                ("visual.proj", (WIDTH, EMBED)), ("visual.conv1.weight", (WIDTH, 3, PATCH, PATCH)),
                ("visual.ln_pre.weight", (WIDTH,)), ("visual.ln_pre.bias", (WIDTH,)))
    yield from block_shapes("visual.transformer")
    yield from (("visual.ln_post.weight", (WIDTH,)), ("visual.ln_post.bias", (WIDTH,)))
    yield from block_shapes("transformer")
    yield from (("token_embedding.weight", (VOCABULARY, WIDTH)), ("ln_final.weight", (WIDTH,)), ("ln_final.bias", (WIDTH,)))


def weights():
    result = OrderedDict()
    for seed, (name, shape) in enumerate(shapes()):
        if name == "logit_scale":
            result[name] = torch.tensor(math.log(1 / 0.07))
            continue
        u = uniform(seed, math.prod(shape)).reshape(shape)
        if ".ln_" in name or name.startswith("ln_"):
            u = np.float32(1) + np.float32(0.2) * u if name.endswith("weight") else np.float32(0.1) * u
        elif name.endswith("bias"):
            u = np.float32(0.1) * u
        elif "embedding" in name:
            u = np.float32(2) * u
        else:
            fan_in = shape[0] if name in ("visual.proj", "text_projection") else math.prod(shape[1:])
            u = u * np.float32(math.sqrt(12 / fan_in))
        result[name] = torch.from_numpy(u)
    return result


def state_dicts(w):
    """fp32 in today's zip format, wrapped as training scripts wrap it; half in the format before PyTorch 1.6."""
    wrapped = {"epoch": 3, "name": "small", "state_dict": OrderedDict((f"module.{k}", v) for k, v in w.items())}
    torch.save(wrapped, f"{HERE}/checkpoint_state_dict.pt")
    torch.save(OrderedDict((k, v.half()) for k, v in w.items()), f"{HERE}/checkpoint_before_1_6.pt",
               _use_new_zipfile_serialization=False)


class Node(torch.nn.Module):
    def forward(self, x: torch.Tensor):
        return x


def torchscript(w):
    """Half, traced, with the integers and the attention mask beside the parameters: as OpenAI ships theirs."""
    root = Node()
    for name, value in w.items():
        node, parts = root, name.split(".")
        for part in parts[:-1]:
            if not hasattr(node, part):
                node.add_module(part, Node())
            node = getattr(node, part)
        value = value.half() if value.dim() and ".ln_" not in name and not name.startswith("ln_") else value
        node.register_parameter(parts[-1], torch.nn.Parameter(value, requires_grad=False))
    for name, value in (("input_resolution", RESOLUTION), ("context_length", CONTEXT), ("vocab_size", VOCABULARY)):
        root.register_buffer(name, torch.tensor(value))
    for i in range(LAYERS):
        getattr(root.transformer.resblocks, str(i)).attn_mask = torch.zeros(CONTEXT, CONTEXT)
    torch.jit.trace(root, torch.zeros(1)).save(f"{HERE}/checkpoint_torchscript_half.pt")


HUGGING_FACE = (("attn.out_proj", "self_attn.out_proj"), ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"),
                ("mlp.c_proj", "mlp.fc2"), ("transformer.resblocks", "encoder.layers"), ("ln_pre", "pre_layrnorm"),
                ("ln_post", "post_layernorm"), ("ln_final", "final_layer_norm"), ("positional_embedding", "embeddings.position_embedding.weight"),
                ("class_embedding", "embeddings.class_embedding"), ("token_embedding", "embeddings.token_embedding"),
                ("conv1", "embeddings.patch_embedding"))


def hugging_face(w):
    """A folder with config.json and weights in two shards and their index."""
    out = OrderedDict()
    for name, value in w.items():
        if name in ("visual.proj", "text_projection"):
            out["visual_projection.weight" if name == "visual.proj" else "text_projection.weight"] = value.T.contiguous()
            continue
        if name == "logit_scale":
            out[name] = value
            continue
        tower, inner = ("vision_model", name[len("visual."):]) if name.startswith("visual.") else ("text_model", name)
        for ours, theirs in HUGGING_FACE:
            inner = inner.replace(ours, theirs)
        if ".attn.in_proj_" in inner:
            for letter, part in zip("qkv", value.chunk(3)):
                out[f"{tower}." + inner.replace("attn.in_proj_", f"self_attn.{letter}_proj.")] = part.contiguous()
        else:
            out[f"{tower}.{inner}"] = value
    out["text_model.embeddings.position_ids"] = torch.arange(CONTEXT)[None]
    folder = f"{HERE}/checkpoint_hf"
    os.makedirs(folder, exist_ok=True)
    json.dump({"model_type": "clip", "text_config": {"hidden_act": "gelu"}, "vision_config": {"hidden_act": "gelu"}},
              open(f"{folder}/config.json", "w"), indent=1)
    index = {}
    for shard, tower in ((1, "text"), (2, "vision")):
        file = f"pytorch_model-0000{shard}-of-00002.bin"
        part = OrderedDict((k, v) for k, v in out.items() if (k.startswith("vision") or k.startswith("visual")) == (tower == "vision"))
        torch.save(part, f"{folder}/{file}")
        index.update({k: file for k in part})
    json.dump({"metadata": {}, "weight_map": index}, open(f"{folder}/pytorch_model.bin.index.json", "w"), indent=0)


def upstream_prompts():
    """The prompts that text_features.deep_rounded_to_half in tiny.safetensors was computed with, as the reference
    saves them."""
    vocabulary, width = 49408, 64
    embedding = torch.from_numpy(np.float32(2) * uniform(TINY_TOKEN_EMBEDDING, vocabulary * width).reshape(vocabulary, width))
    out = OrderedDict(ctx_pos=noise(3000, 1, 1, 12, width, scale=0.07), ctx_neg=noise(3001, 1, 1, 12, width, scale=0.07))
    # start, X twelve times, the words, full stop, end
    for name, words in (("pos", [14115]), ("neg", [13568, 14115])):
        ids = [49406] + [343] * 12 + words + [269, 49407]
        ids = torch.tensor(ids + [0] * (CONTEXT - len(ids)), dtype=torch.int32)
        rows = embedding[ids.long()][None, None]
        out[f"token_prefix_{name}"], out[f"token_suffix_{name}"] = rows[:, :, :1].clone(), rows[:, :, 13:].clone()
        out[f"tokenized_prompts_{name}"] = ids[None, None]
    for i in range(8):
        out[f"compound_prompts_text.{i}"] = noise(3002 + i, 4, width, scale=0.07)
        # Never used upstream; there they are [896, width].
        out[f"compound_prompt_projections.{i}.weight"] = torch.zeros(8, width)
        out[f"compound_prompt_projections.{i}.bias"] = torch.zeros(8)
    torch.save({"prompt_learner": out}, f"{HERE}/checkpoint_upstream_prompts.pth")


class Malicious:
    def __reduce__(self):
        return os.system, ("touch this-file-shows-that-a-checkpoint-was-executed",)


def malicious(w):
    torch.save({"state_dict": {"visual.proj": w["visual.proj"]}, "extra": Malicious()}, f"{HERE}/checkpoint_malicious.pt")


# 9 before the vision blocks, 8 blocks of 12, 2 after, 10 text blocks of 12
TINY_TOKEN_EMBEDDING = 9 + 8 * 12 + 2 + 10 * 12

if __name__ == "__main__":
    all_weights = weights()
    state_dicts(all_weights)
    torchscript(all_weights)
    hugging_face(all_weights)
    upstream_prompts()
    malicious(all_weights)
