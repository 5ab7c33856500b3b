"""Golden numbers of PyTorch's resizing, with which the semantic compressor is trained (format: golden.py)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from wurstchen_export.checks.golden_numbers import floats

SIZES = (((8, 8), (6, 6)), ((7, 5), (3, 2)), ((5, 7), (11, 9)), ((9, 4), (2, 8)), ((1, 3), (2, 1)), ((64, 3), (5, 3)))
"""Heights and widths before and after: smaller, larger, both, and a single row."""


def resize_file() -> dict:
    generator = torch.Generator("cpu").manual_seed(0)
    return {"cases": [_case(before, after, generator) for before, after in SIZES]}


def _case(before: tuple[int, int], after: tuple[int, int], generator: torch.Generator) -> dict:
    pixels = torch.rand(1, 3, *before, generator=generator)
    resized = F.interpolate(pixels, size=after, mode="bilinear", antialias=True)
    return {"from": list(before), "to": list(after), "pixels": floats(pixels), "resized": floats(resized)}
