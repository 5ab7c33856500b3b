"""Golden latents of the semantic compressor of the model in the box, computed by PyTorch (format: golden.py)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from wurstchen_export.bundle.restore import restore
from wurstchen_export.checks.golden_numbers import tensor
from wurstchen_export.model.source import Source

MODEL = Path("wurstchen-onnx/src/main/model/wurstchen/model")
PICTURES = ("guided.png", "wide.png")


def compressor_file(bundle: Path, folder: Path) -> dict:
    """Encodes golden pictures of the folder with the model that the bundle was exported from."""
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "model"
        restore(bundle, model, lambda line: None)
        compressor = Source.find(model).compressor.eval()
        return {"encodings": [_encoding(compressor, folder / name) for name in PICTURES]}


@torch.no_grad()
def _encoding(compressor, picture: Path) -> dict:
    levels = np.asarray(Image.open(picture).convert("RGB"), dtype=np.float32)
    pixels = torch.from_numpy((levels / 255).transpose(2, 0, 1)[None].copy())
    size = tuple(side * 3 // 4 for side in pixels.shape[2:])
    latents = compressor.stage_c_latents(F.interpolate(pixels, size=size, mode="bilinear", antialias=True))
    return {"picture": picture.name, "stage_c_latents": tensor(latents)}
