"""Networks in one file, with the names that the original repositories give their weights.

Their attention layers are torch's own, which hold queries, keys and values in one matrix; diffusers' have three.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError

CONTAINERS = ("ema_state_dict", "state_dict", "model")
"""Under which training writes the weights into a checkpoint."""
PREFIXES = ("model.diffusion_model.", "module.")
RENAMED = {"clip_mapper.": "clip_txt_pooled_mapper."}
"""Of Stable Cascade's decoder. Würstchen v2's has a clip_mapper by that name."""


def load(cls, folders: Sequence[Path], file: Path) -> nn.Module:
    """Returns a network with the weights of a file, and the configuration of the first folder that it fits.

    Raises ExportError, with the first weight that differs, when it fits none.
    """
    weights = renamed(read(file))
    differing = []
    for folder in folders:
        config = cls.load_config(str(folder))
        with torch.device("meta"):
            shapes = {name: tensor.shape for name, tensor in cls.from_config(config).state_dict().items()}
        own = _with_names_of(weights, shapes)
        difference = _difference(own, shapes)
        if difference is None:
            model = cls.from_config(config)
            model.load_state_dict(own)
            return model
        differing.append(f"by {folder / 'config.json'} {difference}")
    raise ExportError(f"{file} is of another network: {'; '.join(differing)}")


def read(file: Path) -> dict[str, Tensor]:
    """Reads .safetensors, or what torch.save wrote."""
    from safetensors.torch import load_file

    found = load_file(file) if file.suffix == ".safetensors" else torch.load(file, map_location="cpu", weights_only=True)
    for name in CONTAINERS:
        if name in found and isinstance(found[name], dict):
            found = found[name]
    for prefix in PREFIXES:
        if any(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
    return {name: value for name, value in found.items() if torch.is_tensor(value)}


def renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the weights by diffusers' names."""
    found = {}
    for name, tensor in weights.items():
        start, separator, kind = name.partition("attn.in_proj_")
        if separator:
            for part, chunk in zip("qkv", tensor.chunk(3)):
                found[f"{start}to_{part}.{kind}"] = chunk.contiguous()
        else:
            found[name.replace("attn.out_proj.", "to_out.0.")] = tensor
    return found


def _with_names_of(weights: dict[str, Tensor], shapes: dict[str, torch.Size]) -> dict[str, Tensor]:
    found = dict(weights)
    for old, new in RENAMED.items():
        if any(name.startswith(new) for name in shapes):
            found = {name.replace(old, new) if name.startswith(old) else name: x for name, x in found.items()}
    return found


def _difference(weights: dict[str, Tensor], shapes: dict[str, torch.Size]) -> str | None:
    for name, shape in shapes.items():
        if name not in weights:
            return f"{name} is missing from it"
        if weights[name].shape != shape:
            return f"{name} is {list(shape)}, in it {list(weights[name].shape)}"
    surplus = [name for name in weights if name not in shapes]
    return f"{surplus[0]} is no part of it" if surplus else None
