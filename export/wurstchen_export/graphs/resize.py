"""Stage B's bicubic resize as two small matrices.

The reference calls ``interpolate(mode="bicubic", antialias=True, align_corners=True)``. No variant of ONNX Resize
computes that (exporters write one which differs by up to 1.1 without a word), so each axis becomes a matrix:
``out = rows_matrix @ x @ columns_matrix^T``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from wurstchen_export.graphs.shapes import counted, ones_like_axis

CUBIC_A = -0.5
"""Coefficient of the cubic kernel that torch uses when it antialiases."""


def bicubic_matrix(ones_in: Tensor, ones_out: Tensor) -> Tensor:
    """Weights of every input cell in every output cell, float32 [out, in], rows summing to one.

    ones_in, ones_out: one for each cell (shapes.py: ones_like_axis).
    """
    length_in, length_out = ones_in.sum(), ones_out.sum()
    scale = torch.where(length_out > 1, (length_in - 1) / (length_out - 1).clamp(min=1), 0.0)
    stretch = scale.clamp(min=1)
    center = (scale * (counted(ones_out) + 0.5)).unsqueeze(1)
    cell = counted(ones_in).unsqueeze(0)
    low = (center - 2 * stretch + 0.5).clamp(min=0).floor()
    high = torch.minimum((center + 2 * stretch + 0.5).floor(), length_in)
    inside = (cell >= low) & (cell < high)
    weights = _cubic(((cell - center + 0.5) / stretch).abs()) * inside.float()
    return weights / weights.sum(dim=1, keepdim=True)


def _cubic(x: Tensor) -> Tensor:
    """Keys' cubic convolution kernel at a distance x >= 0."""
    near = ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * CUBIC_A
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def bicubic(x: Tensor, ones_height: Tensor, ones_width: Tensor) -> Tensor:
    """x: float32 [rows, channels, in height, in width]; the others: a one for each row, and for each column, of the
    result. Returns [rows, channels, height, width]."""
    rows_matrix = bicubic_matrix(ones_like_axis(x[0, 0, :, 0]), ones_height)
    columns_matrix = bicubic_matrix(ones_like_axis(x[0, 0, 0, :]), ones_width)
    return torch.matmul(torch.matmul(rows_matrix, x), columns_matrix.t())
