"""Stage B's bicubic resize as two small matrices.

The reference calls ``interpolate(mode="bicubic", antialias=True, align_corners=True)``. No variant of ONNX Resize
computes that (exporters write one which differs by up to 1.1 without a word), so each axis becomes a matrix:
``out = rows_matrix @ x @ columns_matrix^T``.
"""

from __future__ import annotations

import torch
from torch import Tensor

CUBIC_A = -0.5
"""Coefficient of the cubic kernel that torch uses when it antialiases."""


def _length(size: int) -> Tensor:
    """A size as a float32 scalar, also when it is symbolic."""
    return torch.ones(size).sum()


def bicubic_matrix(size_in: int, size_out: int) -> Tensor:
    """Weights of every input cell in every output cell, float32 [size_out, size_in], rows summing to one."""
    length_in, length_out = _length(size_in), _length(size_out)
    scale = torch.where(length_out > 1, (length_in - 1) / (length_out - 1).clamp(min=1), torch.zeros_like(length_in))
    stretch = scale.clamp(min=1)
    center = (scale * (torch.arange(size_out).float() + 0.5)).unsqueeze(1)
    cell = torch.arange(size_in).float().unsqueeze(0)
    low = (center - 2 * stretch + 0.5).clamp(min=0).trunc()
    high = torch.minimum((center + 2 * stretch + 0.5).trunc(), length_in)
    inside = (cell >= low) & (cell < high)
    weights = _cubic(((cell - center + 0.5) / stretch).abs()) * inside.float()
    return weights / weights.sum(dim=1, keepdim=True)


def _cubic(x: Tensor) -> Tensor:
    """Keys' cubic convolution kernel at a distance x >= 0."""
    near = ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * CUBIC_A
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def bicubic(x: Tensor, height: int, width: int) -> Tensor:
    """x: float32 [rows, channels, in height, in width]. Returns [rows, channels, height, width]."""
    rows_matrix = bicubic_matrix(x.shape[2], height)
    columns_matrix = bicubic_matrix(x.shape[3], width)
    return torch.matmul(torch.matmul(rows_matrix, x), columns_matrix.t())
