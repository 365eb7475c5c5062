#!/usr/bin/env python3
"""Writes training.safetensors (five Adam steps of the TINY model's prompts on four images of noise) and
deep_prompts_before.safetensors (text features with deep prompts as the paper words them), computed by a plain PyTorch
implementation of the algorithm.

    python make_training.py FOLDER      FOLDER: where oracle.py, that implementation, lies
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, sys.argv[1])
import oracle

here = pathlib.Path(__file__).parent
config, weights = oracle.TINY, oracle.hashed_weights(oracle.TINY)


def noise(seed, shape, scale=3.4641016):
    values = oracle.splitmix_uniform(seed, torch.Size(shape).numel())
    return torch.from_numpy(values.reshape(shape)) * scale


def learned(seed):
    return oracle.Prompts(noise(seed, (1, 1, 12, 64), 0.07), noise(seed + 1, (1, 1, 12, 64), 0.07),
                          [noise(seed + 2 + i, (4, 64), 0.07) for i in range(8)])


def five_steps():
    images, labels = noise(6000, (4, 3, 56, 56)), torch.tensor([0, 1, 0, 1])
    masks = torch.zeros(4, 56, 56)
    masks[1, 10:30, 20:25] = masks[3, 40:56, 0:16] = 1
    with torch.no_grad():
        feature, patches = oracle.encode_image(images, weights, config, (2, 6, 7, 8), 6)
    prompts = learned(6100)
    named = {"ctx_pos": prompts.ctx_pos, "ctx_neg": prompts.ctx_neg,
             **{f"compound_prompts_text.{i}": deep for i, deep in enumerate(prompts.deep)}}
    record = {"input": images, "label": labels, "mask": masks,
              **{f"start.{name}": value.clone() for name, value in named.items()}}
    optimizer = torch.optim.Adam([value.requires_grad_() for value in named.values()], lr=1e-3, betas=(0.5, 0.999))
    losses = []
    for step in range(5):
        text = prompts.text_features(weights, config)
        overall, local = oracle.glocal_loss(feature, patches, text, labels, masks, 4.0)
        losses.append([overall.item(), local.item()])
        optimizer.zero_grad()
        (overall + 4 * local).backward()
        if step == 0:
            record |= {f"gradient.{name}": value.grad.clone() for name, value in named.items()}
        optimizer.step()
    record |= {f"after_5_steps.{name}": value.detach().clone() for name, value in named.items()}
    return record | {"losses.global_local": torch.tensor(losses)}


@torch.no_grad()
def deep_prompts_before():
    """The tower of oracle.encode_text, but each of the first eight layers sees its prompt before its sequence."""
    prompts, ids, rows = learned(3000), [], []
    for context, words in ((prompts.ctx_pos, "object."), (prompts.ctx_neg, "damaged object.")):
        one = oracle.tokenizer()([" ".join(["X"] * 12) + " " + words])
        embedded = weights["token_embedding.weight"][one]
        rows.append(torch.cat([embedded[:, :1], context[0], embedded[:, 13:]], 1))
        ids.append(one)
    x = torch.cat(rows) + weights["positional_embedding"]
    for layer in range(config.text_layers):
        prefix = f"transformer.resblocks.{layer}."
        t = 0
        if layer < len(prompts.deep):
            t = len(prompts.deep[layer])
            x = torch.cat([prompts.deep[layer].expand(2, -1, -1), x], 1)
        mask = torch.full((x.shape[1],) * 2, float("-inf")).triu(1)
        q, k, v = oracle._qkv(oracle._ln(x, weights, prefix + "ln_1"), weights, prefix, config.text_width // 64)
        x = x + oracle._out(oracle._attend(q, k, v, mask), weights, prefix)
        x = (x + oracle._mlp(x, weights, prefix))[:, t:]
    x = oracle._ln(x, weights, "ln_final")[torch.arange(2), torch.cat(ids).argmax(-1)]
    return torch.nn.functional.normalize(x @ weights["text_projection"], dim=-1)


if __name__ == "__main__":
    save_file({name: value.contiguous() for name, value in five_steps().items()}, here / "training.safetensors")
    save_file({"text_features": deep_prompts_before()}, here / "deep_prompts_before.safetensors")
