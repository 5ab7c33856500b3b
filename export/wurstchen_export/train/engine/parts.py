"""The trained parts: averaged weights in 16 bits, one safetensors file each, with what is needed to build the module.

a (Stage A), compressor, b and text_b, c and text_c. They are what ships, what the next stage reads, and what a later
session goes on from; optimizer states are not kept.
"""

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

HALF_MAX = 65504.0


def part_file(folder: Path, name: str) -> Path:
    return Path(folder) / f"{name}.safetensors"


def save_part(folder: Path, name: str, module: torch.nn.Module, architecture: dict) -> None:
    """Writes a module as a part, whole or not at all."""
    save_state(folder, name, module.state_dict(), architecture)


def save_state(folder: Path, name: str, state: dict[str, torch.Tensor], architecture: dict) -> None:
    """Writes a module's state as a part, whole or not at all."""
    stored = {}
    for key, value in state.items():
        value = value.detach().cpu()
        stored[key] = value.clamp(-HALF_MAX, HALF_MAX).half().contiguous() if value.is_floating_point() else value
    partial = part_file(folder, name).with_suffix(".partial")
    save_file(stored, partial, {"architecture": json.dumps(architecture)})
    os.replace(partial, part_file(folder, name))


def load_part(folder: Path, name: str) -> tuple[dict[str, torch.Tensor], dict]:
    """The state in float32 on the CPU, and the architecture. Raises ValueError when the part is not there."""
    file = part_file(folder, name)
    if not file.exists():
        found = ", ".join(sorted(path.stem for path in file.parent.glob("*.safetensors"))) or "none"
        raise ValueError(f"{file} is missing (parts found: {found}): train the stage that makes it first")
    with safe_open(file, "pt") as stored:
        state = {key: stored.get_tensor(key) for key in stored.keys()}
        architecture = json.loads(stored.metadata()["architecture"])
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}, architecture
