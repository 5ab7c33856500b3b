"""A pool of training pictures turned into latents once, and renewed a few at a time while a stage trains."""

import random

import torch
import torch.nn.functional as F

from .pictures import Pictures, random_placement

COMPRESSOR_SCALE = 0.75  # side of the compressor's picture / side of the picture: 192 of 256 px gives 6x6


def compressor_view(pixels: torch.Tensor) -> torch.Tensor:
    """The picture at the compressor's size, [B,3,H,W] to [B,3,0.75H,0.75W], bilinear with antialiasing."""
    return F.interpolate(pixels, scale_factor=COMPRESSOR_SCALE, mode="bilinear", antialias=True)


class Pool:
    """Rows of tensors about random pictures, overwritten in turn.

    describe(pixels [B,3,H,W]) -> tensors [B,...] to keep. Pictures that are held out never enter.
    """

    def __init__(self, pictures: Pictures, size: int, describe, strength: float, seed: int):
        self.pictures, self.describe, self.strength = pictures, describe, strength
        self.source = random.Random(seed)
        self.pairs = [
            (which, colour)
            for which in pictures.seen
            for colour in range(len(pictures.colours))
        ]
        self.order: list[tuple[int, int]] = []
        self.tensors: list[torch.Tensor] = []
        if strength == 0:
            size = len(self.pairs)  # there are no other pictures
        self.labels: list[tuple[int, int]] = [(0, 0)] * size
        self.size, self.next, self.filled = size, 0, 0

    def draw_pairs(self, count: int) -> list[tuple[int, int]]:
        """The next pairs of a shuffled round through all of them."""
        while len(self.order) < count:
            self.order += self.source.sample(self.pairs, len(self.pairs))
        drawn, self.order = self.order[:count], self.order[count:]
        return drawn

    @torch.no_grad()
    def renew(self, count: int) -> None:
        """Overwrites the oldest `count` rows with new pictures."""
        count = min(count, self.size - self.next)
        pairs = self.draw_pairs(count)
        device = self.pictures.artwork.device
        which, colours = torch.tensor(pairs, device=device).unbind(1)
        pixels = self.pictures.compose(which, colours, random_placement(count, self.strength, str(device)))
        rows = self.describe(pixels)
        if not self.tensors:
            self.tensors = [torch.empty(self.size, *row.shape[1:], dtype=row.dtype, device=device) for row in rows]
        for tensor, row in zip(self.tensors, rows, strict=True):
            tensor[self.next : self.next + count] = row
        self.labels[self.next : self.next + count] = pairs
        self.filled = max(self.filled, self.next + count)
        self.next = (self.next + count) % self.size

    def fill(self, batch: int = 32) -> "Pool":
        while self.filled < self.size:
            self.renew(batch)
        return self

    def draw(self, count: int):
        """Random rows: (picture index, colour index) pairs, and the tensors [count,...]."""
        rows = torch.randint(self.filled, (count,))
        return [self.labels[i] for i in rows.tolist()], [tensor[rows] for tensor in self.tensors]
