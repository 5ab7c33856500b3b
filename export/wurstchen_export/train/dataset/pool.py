"""A pool of training pictures turned into latents once, and renewed a few at a time while a stage trains.

All of it lies on the training device, and nothing that is drawn passes through the host.
"""

import torch
import torch.nn.functional as F

from wurstchen_export.train.dataset.captions import white_share
from wurstchen_export.train.dataset.pictures import Pictures, random_placement
from wurstchen_export.train.dataset.variation import UNDESCRIBED, random_variations, varied

RENEWED_AT_ONCE = 256
"""Renewing a few pictures costs a GPU hardly less than many: starting its work is what takes time."""
COMPRESSOR_SCALE = 0.75  # side of the compressor's picture / side of the picture: 192 of 256 px gives 6x6


def compressor_view(pixels: torch.Tensor) -> torch.Tensor:
    """The picture at the compressor's size, [B,3,H,W] to [B,3,0.75H,0.75W], bilinear with antialiasing."""
    return F.interpolate(pixels.contiguous(), scale_factor=COMPRESSOR_SCALE, mode="bilinear", antialias=True)


class PictureSource:
    """Draws random training pictures: those that are not held out, on a random background, a little moved.

    A share `varied` of them is changed further than captions could say.
    """

    def __init__(self, pictures: Pictures, jitter: float, varied: float = 0.0):
        self.pictures, self.jitter, self.varied = pictures, jitter, varied
        self.device = pictures.artwork.device
        self.seen = torch.tensor(pictures.seen, device=self.device)
        self.white = pictures.colour_names.index("white")
        self.extra_white = (white_share() * len(pictures.colours) - 1) / (len(pictures.colours) - 1)

    def draw(self, count: int):
        """Picture and colour numbers, int64 [count] each; white as often as captions want it."""
        which = self.seen[torch.randint(len(self.seen), (count,), device=self.device)]
        colours = torch.randint(len(self.pictures.colours), (count,), device=self.device)
        white = torch.rand(count, device=self.device) < self.extra_white
        return which, torch.where(white, self.white, colours)

    def placement(self, count: int) -> torch.Tensor:
        return random_placement(count, self.jitter, str(self.device))

    def pixels(self, which: torch.Tensor, colours: torch.Tensor):
        """The pictures, [B,3,H,W] in [0,1], and what to label them with: colours, or UNDESCRIBED for varied ones."""
        (pixels,), labels = self.alike([which], colours)
        return pixels, labels

    def alike(self, several: list[torch.Tensor], colours: torch.Tensor):
        """The pixels of several lists of pictures, on the same backgrounds, at the same places and varied in the same
        way; and their labels."""
        placement = self.placement(len(colours))
        pixels = [self.pictures.compose(which, colours, placement) for which in several]
        if not self.varied:
            return pixels, colours
        change = torch.rand(len(colours), device=self.device) < self.varied
        uniform = random_variations(len(colours), self.device)
        changed = [
            torch.where(change[:, None, None, None], varied(self.pictures, which, colours, uniform), plain)
            for which, plain in zip(several, pixels, strict=True)
        ]
        return changed, torch.where(change, UNDESCRIBED, colours)


class Pool:
    """Rows of tensors about random pictures, overwritten in turn. Pictures that are held out never enter.

    describe(pixels [B,3,H,W]) -> tensors [B,...] to keep.
    """

    def __init__(self, source: PictureSource, size: int, describe):
        self.source, self.describe, self.size = source, describe, size
        self.labels = torch.zeros(2, size, dtype=torch.int64, device=source.device)
        self.tensors: list[torch.Tensor] = []
        self.next, self.filled, self.due = 0, 0, 0

    def renew(self, count: int) -> None:
        """Overwrites the oldest `count` rows with new pictures, or puts it off until RENEWED_AT_ONCE are due."""
        self.due += count
        if self.due >= min(RENEWED_AT_ONCE, self.size):
            self.overwrite(self.due)
            self.due = 0

    @torch.no_grad()
    def overwrite(self, count: int) -> None:
        """Overwrites the oldest `count` rows with new pictures now, at most to the pool's end."""
        count = min(count, self.size - self.next)
        which, colours = self.source.draw(count)
        pixels, colours = self.source.pixels(which, colours)
        rows = self.describe(pixels.contiguous(memory_format=torch.channels_last))
        if not self.tensors:
            self.tensors = [row.new_empty(self.size, *row.shape[1:]) for row in rows]
        place = slice(self.next, self.next + count)
        for tensor, row in zip(self.tensors, rows, strict=True):
            tensor[place] = row
        self.labels[0, place], self.labels[1, place] = which, colours
        self.filled = max(self.filled, self.next + count)
        self.next = (self.next + count) % self.size

    def fill(self, batch: int = 256) -> "Pool":
        while self.filled < self.size:
            self.overwrite(batch)
        return self

    def draw(self, count: int):
        """Random rows: picture numbers, colour numbers (or UNDESCRIBED), and the tensors [count,...]."""
        rows = torch.randint(self.filled, (count,), device=self.labels.device)
        return *self.labels[:, rows], [tensor[rows] for tensor in self.tensors]
