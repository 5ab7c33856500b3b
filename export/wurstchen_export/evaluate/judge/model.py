"""The judge's network: a residual convolutional classifier with three answers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 64
"""Side in pixels of what the network looks at: small enough to learn in an hour on one core of a CPU."""

WIDTHS = (32, 64, 128, 256)
"""Channels at a half, a quarter, an eighth and a sixteenth of SIDE. With 1,317 emoji: 2.3 million weights."""
BLOCKS = (0, 1, 2, 2)


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut, at constant size; `inner` channels between them."""

    def __init__(self, channels: int, inner: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, inner, 3, padding=1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Conv2d(inner, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.layers(x))


class JudgeNet(nn.Module):
    """Pixels to scores of every emoji, style and background (before softmax)."""

    def __init__(
        self,
        sizes: tuple[int, int, int],
        widths: tuple[int, ...] = WIDTHS,
        blocks: tuple[int, ...] = BLOCKS,
        side: int = SIDE,
    ):
        """sizes: numbers of emoji, styles and backgrounds; blocks: residual blocks behind each halving.

        Raises ValueError when nothing is left for one of the quarters after all halvings: their means would be NaN.
        """
        super().__init__()
        step = 2 ** (len(widths) + 1)
        if side % step:
            raise ValueError(f"side {side} with {len(widths)} widths: each halves it; use a multiple of {step}")
        self.config = {"sizes": list(sizes), "widths": list(widths), "blocks": list(blocks), "side": side}
        layers: list[nn.Module] = []
        for before, width, count in zip((3, *widths), widths, blocks):
            layers += [nn.Conv2d(before, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            # The widest blocks hold most weights: a quarter of the channels inside keeps the file small.
            layers += [Residual(width, width // 4 if width == max(widths) else width) for _ in range(count)]
        self.body = nn.Sequential(*layers)
        # The place of things matters as well: a mean over each quarter beside the largest value of all.
        # Features are never negative, so one step of Adam moves all of a unit's summands the same way: without the
        # normalisation a large judge's hidden units were all below zero, for every picture, after fifty steps.
        self.emoji = nn.Sequential(
            nn.Linear(5 * widths[-1], widths[-1], bias=False),
            nn.BatchNorm1d(widths[-1]),
            nn.ReLU(),
            nn.Linear(widths[-1], sizes[0]),
        )
        self.style = nn.Linear(5 * widths[-1], sizes[1])
        self.background = nn.Linear(5 * widths[-1], sizes[2])

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """pixels: [B,3,side,side] in [0,1]. Returns scores of emoji, styles and backgrounds, [B,classes] each."""
        x = self.body(pixels * 2 - 1)
        half = x.shape[-1] // 2
        quarters = [x[..., i : i + half, j : j + half].mean((2, 3)) for i in (0, half) for j in (0, half)]
        features = torch.cat([x.amax((2, 3)), *quarters], 1)
        return self.emoji(features), self.style(features), self.background(features)


def view(pixels: Tensor, side: int = SIDE) -> Tensor:
    """A picture [B,3,H,W] at the judge's size: means over equal areas, [B,3,side,side]."""
    height, width = pixels.shape[2:]
    if height % side == 0 and width % side == 0:  # the same, and faster
        return F.avg_pool2d(pixels, (height // side, width // side))
    return F.adaptive_avg_pool2d(pixels, side)
